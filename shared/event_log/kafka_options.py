"""What the Kafka event log needs to know beside the brokers' addresses."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Any

from shared.event_log.port import AccessRefusedError


@dataclass(frozen=True)
class KafkaOptions:
    """Security and times of every Kafka client of a process; the defaults are safe ones.

    `security` and `sasl_mechanism` are words that `shared.settings.kafka_checks` lists; with `sasl_…` the mechanism,
    the user and the password are needed. With `ssl` or `sasl_ssl` the broker's certificate must be signed by `ca_file`
    (PEM; empty: the authorities that the machine trusts) and name the host; `certificate_file` and `key_file`
    (PEM) are shown to the broker where it asks for them.

    A request is answered within `request_timeout_ms` or its connection closed; `delivery_timeout_ms` must be longer.
    A batch that expires (`delivery_timeout_ms`) makes the publisher open a new producer, so the default is a
    day. A member that does not poll for `max_poll_interval_ms`, or dies for `session_timeout_ms`, loses its
    partitions to another one.
    """

    security: str = "plaintext"
    sasl_mechanism: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    request_timeout_ms: int = 30_000
    delivery_timeout_ms: int = 86_400_000
    max_poll_interval_ms: int = 300_000
    session_timeout_ms: int = 10_000

    @property
    def uses_tls(self) -> bool:
        """Say whether the connection is encrypted."""
        return self.security.endswith("ssl")

    @property
    def uses_sasl(self) -> bool:
        """Say whether a user and a password are shown."""
        return self.security.startswith("sasl_")

    def client_settings(self) -> dict[str, Any]:
        """Return kafka-python's names and values for what every kind of client takes.

        Raises AccessRefusedError when a certificate or key cannot be used.
        """
        settings: dict[str, Any] = {"security_protocol": self.security.upper()}
        if self.uses_sasl:
            settings["sasl_mechanism"] = self.sasl_mechanism
            settings["sasl_plain_username"] = self.user
            settings["sasl_plain_password"] = self.password
        if self.uses_tls:
            settings["ssl_context"] = self._tls_context()
        return settings

    def _tls_context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca_file or None)
        except OSError as error:
            raise AccessRefusedError(
                f"the file {self.ca_file} of HANDSLAG_KAFKA_CA_FILE has no certificates in PEM: {error}"
            ) from error
        try:
            if self.certificate_file:
                # Without a password function OpenSSL would ask for one at the terminal.
                context.load_cert_chain(self.certificate_file, self.key_file or None, password=lambda: "")
        except OSError as error:
            raise AccessRefusedError(
                f"HANDSLAG_KAFKA_CERTIFICATE_FILE {self.certificate_file} and HANDSLAG_KAFKA_KEY_FILE "
                f"{self.key_file} are no pair of PEM files without a password: {error}"
            ) from error
        return context


DEFAULTS = KafkaOptions()
"""A broker that asks for nothing, and the times that suit it."""
