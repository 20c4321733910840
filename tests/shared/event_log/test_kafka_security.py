"""Kafka with users, passwords and certificates: what lets us in, and what is said when it does not."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.event_log import open_event_log
from shared.event_log.kafka_options import KafkaOptions
from shared.event_log.port import AccessRefusedError, EventLog, LogUnavailableError, Message
from tests.plugins.kafka_broker import OwnBroker, new_broker

PASSWORD = "a-password-of-tests"
SCRAM = KafkaOptions(
    security="sasl_plaintext", sasl_mechanism="SCRAM-SHA-512", user="handslag", password=PASSWORD
)
WAIT = 200.0


def certificate(folder: Path, name: str, *extensions: str) -> tuple[Path, Path]:
    """Make a certificate that signs itself, and its key."""
    made, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", f"/CN={name}", "-keyout", str(key), "-out", str(made)]
    for extension in extensions:
        command += ["-addext", extension]
    subprocess.run(command, check=True, capture_output=True)
    return made, key


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the broker's certificate (for 127.0.0.1), ours, and one that neither knows."""
    folder = tmp_path_factory.mktemp("certificates")
    made, key = certificate(folder, "broker", "subjectAltName=IP:127.0.0.1")
    (folder / "store.pem").write_text(key.read_text() + made.read_text())
    certificate(folder, "client", "extendedKeyUsage=clientAuth")
    certificate(folder, "stranger", "subjectAltName=IP:127.0.0.1")
    return folder


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, certificates: Path) -> Iterator[OwnBroker]:
    """A broker with a port for users, one with TLS, one with both, and one that asks for a certificate."""
    jaas = "org.apache.kafka.common.security.{}LoginModule required"
    lines = [
        "ssl.keystore.type=PEM",
        f"ssl.keystore.location={certificates}/store.pem",
        "ssl.truststore.type=PEM",
        f"ssl.truststore.location={certificates}/client.pem",
        "listener.name.mutual.ssl.client.auth=required",
    ]
    for name in ("user", "both"):
        lines += [
            f"listener.name.{name}.sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN",
            f"listener.name.{name}.scram-sha-512.sasl.jaas.config={jaas.format('scram.Scram')};",
            f"listener.name.{name}.plain.sasl.jaas.config={jaas.format('plain.Plain')} "
            f'user_handslag="{PASSWORD}";',
        ]
    one = new_broker(
        tmp_path_factory.mktemp("secured"),
        {"USER": "SASL_PLAINTEXT", "TLS": "SSL", "BOTH": "SASL_SSL", "MUTUAL": "SSL"},
        "\n".join(lines) + "\n",
        ("--add-scram", f"SCRAM-SHA-512=[name=handslag,password={PASSWORD}]"),
    )
    yield one
    one.stop()


def opened(server: str, options: KafkaOptions, prefix: str = "security") -> EventLog:
    return open_event_log(f"kafka://{server}", prefix, kafka=options)


def tls(certificates: Path, signer: str = "broker") -> KafkaOptions:
    return KafkaOptions(security="ssl", ca_file=str(certificates / f"{signer}.pem"))


def goes_through(log: EventLog) -> bool:
    """Create a topic, publish and read."""
    log.apply_topics(["companies"])
    publisher, subscriber = log.publisher("test"), log.subscriber("matching", ["companies"])
    try:
        assert publisher.publish([Message("companies", "c-1", b"{}", ())], 10.0) == [0]
        deadline = time.monotonic() + WAIT
        while not (records := subscriber.poll(0.5, 10)):
            assert time.monotonic() < deadline, "nothing came"
        subscriber.commit(records)
        return log.lag("matching", ["companies"]) == 0
    finally:
        publisher.close()
        subscriber.close()


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "PLAIN"])
def test_a_user_with_the_right_password_is_let_in(
    broker: OwnBroker, topic_prefix: str, mechanism: str
) -> None:
    options = KafkaOptions("sasl_plaintext", mechanism, "handslag", PASSWORD)
    with opened(broker.servers["USER"], options, topic_prefix) as log:
        assert goes_through(log)


def test_a_user_is_let_in_over_tls(broker: OwnBroker, certificates: Path, topic_prefix: str) -> None:
    ca = str(certificates / "broker.pem")
    options = KafkaOptions("sasl_ssl", "SCRAM-SHA-512", "handslag", PASSWORD, ca_file=ca)
    with opened(broker.servers["BOTH"], options, topic_prefix) as log:
        assert goes_through(log)


def test_tls_alone_goes_through(broker: OwnBroker, certificates: Path, topic_prefix: str) -> None:
    with opened(broker.servers["TLS"], tls(certificates), topic_prefix) as log:
        assert goes_through(log)


def test_our_certificate_is_shown_where_it_is_asked_for(
    broker: OwnBroker, certificates: Path, topic_prefix: str
) -> None:
    options = KafkaOptions(
        security="ssl",
        ca_file=str(certificates / "broker.pem"),
        certificate_file=str(certificates / "client.pem"),
        key_file=str(certificates / "client.key"),
    )
    with opened(broker.servers["MUTUAL"], options, topic_prefix) as log:
        assert goes_through(log)


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "PLAIN"])
@pytest.mark.parametrize(("user", "password"), [("handslag", "another-one"), ("nobody", PASSWORD)])
def test_a_wrong_user_or_password_is_told_with_the_settings_to_mend(
    broker: OwnBroker, mechanism: str, user: str, password: str
) -> None:
    wrong = KafkaOptions("sasl_plaintext", mechanism, user, password)
    with (
        opened(broker.servers["USER"], wrong) as log,
        pytest.raises(AccessRefusedError, match="HANDSLAG_KAFKA_USER and HANDSLAG_KAFKA_PASSWORD") as told,
    ):
        log.lag("matching", ["companies"])
    assert password not in str(told.value)


def test_a_broker_that_is_away_is_not_said_to_refuse() -> None:
    with opened("127.0.0.1:1", SCRAM) as log:
        publisher = log.publisher("test")
        with pytest.raises(LogUnavailableError, match="no Kafka broker answers") as away:
            publisher.publish([Message("companies", "c-1", b"{}", ())], 0.5)
        publisher.close()
    assert not isinstance(away.value, AccessRefusedError)


def test_publishing_and_reading_say_the_refusal_and_wait(
    broker: OwnBroker, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = KafkaOptions("sasl_plaintext", "SCRAM-SHA-512", "handslag", "wrong")
    with opened(broker.servers["USER"], wrong) as log:
        publisher, subscriber = log.publisher("test"), log.subscriber("matching", ["companies"])
        with pytest.raises(AccessRefusedError, match="HANDSLAG_KAFKA_PASSWORD"):
            publisher.publish([Message("companies", "c-1", b"{}", ())], 5.0)
        caplog.clear()
        assert subscriber.poll(0.5, 10) == []
        assert subscriber.poll(0.5, 10) == []
        publisher.close()
        subscriber.close()
    said = [one for one in caplog.records if one.name.startswith("shared.") and one.levelname == "ERROR"]
    assert len(said) == 1, "an error once, and not at every try"
    assert "HANDSLAG_KAFKA_PASSWORD" in said[0].getMessage()


def test_a_mechanism_that_the_broker_does_not_take_is_named(broker: OwnBroker) -> None:
    options = KafkaOptions("sasl_plaintext", "SCRAM-SHA-256", "handslag", PASSWORD)
    with (
        opened(broker.servers["USER"], options) as log,
        pytest.raises(AccessRefusedError, match="HANDSLAG_KAFKA_SASL_MECHANISM SCRAM-SHA-256"),
    ):
        log.apply_topics(["companies"])


def test_a_port_that_asks_for_no_user_is_told(broker: OwnBroker) -> None:
    with opened(broker.server, SCRAM) as log, pytest.raises(AccessRefusedError, match="asks for no user"):
        log.apply_topics(["companies"])


def test_a_signer_that_is_not_ours_is_told(broker: OwnBroker, certificates: Path) -> None:
    with (
        opened(broker.servers["TLS"], tls(certificates, "stranger")) as log,
        pytest.raises(AccessRefusedError, match=r"not to be trusted: self.signed.*HANDSLAG_KAFKA_CA_FILE"),
    ):
        log.apply_topics(["companies"])


def test_a_certificate_for_another_host_is_told(broker: OwnBroker, certificates: Path) -> None:
    server = broker.servers["TLS"].replace("127.0.0.1", "localhost")
    with (
        opened(server, tls(certificates)) as log,
        pytest.raises(AccessRefusedError, match=r"not valid for 'localhost'.*HANDSLAG_EVENT_LOG"),
    ):
        log.apply_topics(["companies"])


def test_a_certificate_of_ours_that_is_missing_is_told(broker: OwnBroker, certificates: Path) -> None:
    with (
        opened(broker.servers["MUTUAL"], tls(certificates)) as log,
        pytest.raises(AccessRefusedError, match="HANDSLAG_KAFKA_CERTIFICATE_FILE"),
    ):
        log.apply_topics(["companies"])


def test_a_port_without_tls_is_told(broker: OwnBroker, certificates: Path) -> None:
    with (
        opened(broker.server, tls(certificates)) as log,
        pytest.raises(AccessRefusedError, match="does this port speak TLS"),
    ):
        log.apply_topics(["companies"])


@pytest.mark.parametrize("name", ["USER", "TLS"])
def test_a_port_that_asks_for_more_than_we_show_is_hinted_at(broker: OwnBroker, name: str) -> None:
    with opened(broker.servers[name], KafkaOptions()) as log:
        publisher = log.publisher("test")
        with pytest.raises(LogUnavailableError, match="HANDSLAG_KAFKA_SECURITY is plaintext"):
            publisher.publish([Message("companies", "c-1", b"{}", ())], 0.5)
        publisher.close()


def test_a_peer_that_never_answers_the_handshake_holds_nobody_up(certificates: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = f"127.0.0.1:{silent.getsockname()[1]}"
        with opened(server, tls(certificates)) as log:
            publisher = log.publisher("test")
            with pytest.raises(LogUnavailableError, match="no Kafka broker answers"):
                publisher.publish([Message("companies", "c-1", b"{}", ())], 0.5)
            publisher.close()


def test_files_that_are_no_certificates_are_told_by_their_setting(certificates: Path) -> None:
    bad_ca = KafkaOptions(security="ssl", ca_file=str(certificates / "broker.key"))
    no_pair = KafkaOptions(
        security="ssl",
        ca_file=str(certificates / "broker.pem"),
        certificate_file=str(certificates / "client.pem"),
        key_file=str(certificates / "stranger.key"),
    )
    for options, setting in (
        (bad_ca, "HANDSLAG_KAFKA_CA_FILE"),
        (no_pair, "HANDSLAG_KAFKA_CERTIFICATE_FILE"),
    ):
        with opened("127.0.0.1:1", options) as log, pytest.raises(AccessRefusedError, match=setting):
            log.lag("matching", ["companies"])
