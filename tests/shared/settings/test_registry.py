"""Settings are read and checked in one place."""

from pathlib import Path

import pytest

from shared.event_log import event_log_of
from shared.event_log.kafka import KafkaLog
from shared.event_log.kafka_options import KafkaOptions
from shared.settings.registry import (
    SETTINGS,
    SettingsError,
    describe_settings,
    hide_password,
    read_settings,
    risky_settings,
    unknown_settings,
)


def test_without_any_variable_everything_lives_under_var() -> None:
    settings = read_settings({})
    assert settings.state_dir == Path("var")
    assert settings.event_log == "sqlite:///var/events"
    assert settings.host == "127.0.0.1"
    assert settings.smtp == "mailbox:"


def test_the_state_directory_moves_everything_that_is_not_named_itself() -> None:
    settings = read_settings(
        {"HANDSLAG_STATE_DIR": "/srv/h", "HANDSLAG_MATCHING_DATABASE": "sqlite:////tmp/m.sqlite"}
    )
    assert settings.profiles_database == "sqlite:////srv/h/profiles.sqlite"
    assert settings.matching_database == "sqlite:////tmp/m.sqlite"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HANDSLAG_EVENT_LOG", "redis://x"),
        ("HANDSLAG_EVENT_LOG", "kafka://"),
        ("HANDSLAG_PORT", "80a"),
        ("HANDSLAG_PORT", "70000"),
        ("HANDSLAG_SMTP", "mail.example.org"),
        ("HANDSLAG_MAIL_FROM", "nobody"),
        ("HANDSLAG_MAIL_FROM", "a@b.se\r\nBcc: c@d.se"),
        ("HANDSLAG_SECRET_KEY", "short"),
        ("HANDSLAG_TOPIC_PREFIX", "a b"),
        ("HANDSLAG_DEFAULT_LANGUAGE", "fi"),
        ("HANDSLAG_TIME_ZONE", "Stockholm"),
        ("HANDSLAG_TIME_ZONE", "+01:00"),
        ("HANDSLAG_TRUSTED_PROXIES", "proxy.example"),
        ("HANDSLAG_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("HANDSLAG_TRUSTED_PROXIES", "127.0.0.1, ::/0"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_setting(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({name: value})
    assert [problem for problem in refused.value.problems if problem.startswith(name)]


def test_all_wrong_values_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"HANDSLAG_PORT": "x", "HANDSLAG_SMTP": "y"})
    assert len(refused.value.problems) == 2


def test_a_misspelt_setting_is_pointed_out() -> None:
    assert unknown_settings({"HANDSLAG_STAF_TOKEN": "x", "PATH": "y"}) == [
        "HANDSLAG_STAF_TOKEN is no setting of ours; `handslag settings` lists them all"
    ]


def test_secrets_and_passwords_are_not_shown() -> None:
    shown, _ = describe_settings(
        {
            "HANDSLAG_SECRET_KEY": "abcdefghijklmnopq",
            "HANDSLAG_SMTP": "smtp://user:hunter2@mail.example.org:587",
        }
    )
    text = " ".join(value for _, value in shown)
    assert "abcdefghijklmnopq" not in text
    assert "hunter2" not in text
    assert "smtp://user:***@mail.example.org:587" in text


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://handslag@db/profiles?password=hunter2&sslmode=require",
        "postgresql://db/profiles?sslmode=require&sslpassword=hunter2",
        "postgresql://handslag:hunter2@db/profiles?password=hunter2",
        "postgresql://db/profiles?PASSWORD=hunter2#part",
    ],
)
def test_a_password_among_a_urls_parameters_is_not_shown(url: str) -> None:
    assert "hunter2" not in hide_password(url)
    assert "db/profiles?" in hide_password(url)


def test_a_mail_sender_is_not_taken_for_a_password() -> None:
    assert hide_password("Match: making <m@example.org>") == "Match: making <m@example.org>"


def test_a_secret_and_a_database_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a-secret-of-a-file\n", encoding="utf-8")
    (tmp_path / "database").write_text("postgresql://handslag:hunter2@db/profiles", encoding="utf-8")
    environ = {
        "HANDSLAG_SECRET_KEY_FILE": str(tmp_path / "key"),
        "HANDSLAG_PROFILES_DATABASE_FILE": str(tmp_path / "database"),
    }
    settings = read_settings(environ)
    assert settings.secret_key == "a-secret-of-a-file"
    assert settings.profiles_database == "postgresql://handslag:hunter2@db/profiles"
    shown, problems = describe_settings(environ)
    values = {setting.name: value for setting, value in shown}
    assert problems == []
    assert values["HANDSLAG_SECRET_KEY"] == f"(set) (from the file {tmp_path}/key)"
    assert (
        values["HANDSLAG_PROFILES_DATABASE"]
        == f"postgresql://handslag:***@db/profiles (from the file {tmp_path}/database)"
    )


def test_every_secret_may_stand_in_a_file() -> None:
    assert [setting.file_name for setting in SETTINGS if setting.secret] == [
        f"{setting.name}_FILE" for setting in SETTINGS if setting.secret
    ]


@pytest.mark.parametrize(
    ("content", "also", "problem"),
    [
        (None, "", "cannot be read from the file"),
        ("\n", "", "is empty in the file"),
        ("short", "", "must have at least 16 characters"),
        ("a-secret-of-a-file", "another-secret-of-ours", "are both given: unset one"),
    ],
)
def test_a_file_of_a_setting_that_cannot_be_used_is_told_by_the_settings_name(
    tmp_path: Path, content: str | None, also: str, problem: str
) -> None:
    if content is not None:
        (tmp_path / "key").write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=f"HANDSLAG_SECRET_KEY .*{problem}"):
        read_settings({"HANDSLAG_SECRET_KEY_FILE": str(tmp_path / "key"), "HANDSLAG_SECRET_KEY": also})


def test_a_file_is_taken_for_secrets_and_addresses_with_passwords_only() -> None:
    assert unknown_settings({"HANDSLAG_SECRET_KEY_FILE": "x", "HANDSLAG_MATCHING_DATABASE_FILE": "y"}) == []
    assert unknown_settings({"HANDSLAG_PORT_FILE": "x"}) != []


SASL = {
    "HANDSLAG_KAFKA_SECURITY": "sasl_plaintext",
    "HANDSLAG_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "HANDSLAG_KAFKA_USER": "handslag",
    "HANDSLAG_KAFKA_PASSWORD": "hunter2",
}


@pytest.mark.parametrize("name", ["SASL_MECHANISM", "USER", "PASSWORD"])
def test_sasl_without_a_part_of_it_names_the_part(name: str) -> None:
    environ = {key: value for key, value in SASL.items() if not key.endswith(name)}
    with pytest.raises(SettingsError) as refused:
        read_settings(environ)
    assert refused.value.problems == [
        f"HANDSLAG_KAFKA_{name} is missing: HANDSLAG_KAFKA_SECURITY=sasl_plaintext needs it"
    ]


def test_what_the_security_of_kafka_has_no_use_for_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.touch()
    with pytest.raises(
        SettingsError, match=r"HANDSLAG_KAFKA_USER is given, .* set that to sasl_plaintext or"
    ):
        read_settings({"HANDSLAG_KAFKA_USER": "handslag"})
    with pytest.raises(SettingsError, match=r"HANDSLAG_KAFKA_CA_FILE is given, .* set that to ssl or"):
        read_settings({**SASL, "HANDSLAG_KAFKA_CA_FILE": str(file)})
    with pytest.raises(SettingsError, match=r"HANDSLAG_KAFKA_KEY_FILE is given without"):
        read_settings({"HANDSLAG_KAFKA_SECURITY": "ssl", "HANDSLAG_KAFKA_KEY_FILE": str(file)})


def test_a_certificate_that_is_not_there_is_told_before_anything_starts() -> None:
    with pytest.raises(
        SettingsError, match=r"HANDSLAG_KAFKA_CA_FILE names /not/there.pem, which cannot be read"
    ):
        read_settings({"HANDSLAG_KAFKA_SECURITY": "ssl", "HANDSLAG_KAFKA_CA_FILE": "/not/there.pem"})


def test_the_event_log_is_opened_with_the_settings_of_kafka() -> None:
    settings = read_settings({**SASL, "HANDSLAG_EVENT_LOG": "kafka://127.0.0.1:1"})
    with event_log_of(settings) as log:
        assert isinstance(log, KafkaLog)
        assert log.cluster.options == KafkaOptions("sasl_plaintext", "SCRAM-SHA-512", "handslag", "hunter2")
        assert "hunter2" not in repr(log.cluster.options)


@pytest.mark.parametrize(
    ("smtp", "risky"),
    [
        ("smtp://user:hunter2@mail.example.org:25", True),
        ("smtp+starttls://user:hunter2@mail.example.org:587", False),
        ("smtps://user:hunter2@mail.example.org", False),
        ("smtp://mail.example.org:25", False),
        ("smtp://user:hunter2@127.0.0.1:25", False),
        ("smtp://user:hunter2@[::1]:25", False),
        ("mailbox:", False),
    ],
)
def test_a_mail_password_that_would_travel_in_clear_is_warned_of(smtp: str, risky: bool) -> None:
    warnings = risky_settings({"HANDSLAG_SMTP": smtp})
    assert bool(warnings) == risky
    assert all("smtps://" in warning and "hunter2" not in warning for warning in warnings)


@pytest.mark.parametrize(
    ("base_url", "proxies", "risky"),
    [
        ("", "", False),
        ("http://127.0.0.1:8080", "", False),
        ("http://localhost:8080", "", False),
        ("http://[::1]:8080", "", False),
        ("https://match.example.org", "", True),
        ("https://match.example.org", " ", True),
        ("https://match.example.org", "127.0.0.1", False),
        ("https://match.example.org:x", "10.0.0.0/8", False),
        ("https://[", "", False),
    ],
)
def test_a_site_for_the_world_that_knows_no_proxy_is_warned_of(
    base_url: str, proxies: str, risky: bool
) -> None:
    warnings = risky_settings({"HANDSLAG_BASE_URL": base_url, "HANDSLAG_TRUSTED_PROXIES": proxies})
    assert bool(warnings) == risky
    assert all("HANDSLAG_TRUSTED_PROXIES is not set" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://match.example.org", "https://match.example.org"),
        ("https://match.example.org/", "https://match.example.org"),
        ("https://example.org:8443/match/making/", "https://example.org:8443/match/making"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://räksmörgås.example", "https://räksmörgås.example"),
    ],
)
def test_a_base_address_may_have_a_port_and_a_path(given: str, kept: str) -> None:
    assert read_settings({"HANDSLAG_BASE_URL": given}).base_url == kept


@pytest.mark.parametrize(
    "given",
    [
        "match.example.org",
        "https://",
        "ftp://match.example.org",
        "https://match.example.org:x",
        "https://match.example.org:0",
        "https://match.example.org:70000",
        "https://user:word@match.example.org",
        "https://match.example.org/?a=1",
        "https://match.example.org/a#b",
        "https://match.example.org/a b",
        "https://match.example.org/a//b",
        "https://match.example.org/a/../b",
        "https://match.example.org/a%20b",
        "https://match.example.org/reports",
        "https://match.example.org/api/handslag",
        "https://match example.org",
        " https://match.example.org",
    ],
)
def test_a_base_address_that_cannot_be_served_is_refused_with_an_example(given: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"HANDSLAG_BASE_URL": given})
    (problem,) = refused.value.problems
    assert problem.startswith("HANDSLAG_BASE_URL ")
    assert "for example https://" in problem


def test_the_base_address_follows_the_port_that_is_listened_on() -> None:
    assert read_settings({}).base_url == "http://127.0.0.1:8080"
    assert read_settings({"HANDSLAG_PORT": "9000"}).base_url == "http://127.0.0.1:9000"
    with pytest.raises(SettingsError) as refused:
        read_settings({"HANDSLAG_PORT": "x"})
    assert len(refused.value.problems) == 1
