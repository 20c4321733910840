"""What the settings of Kafka may be, and how they have to fit together."""

from __future__ import annotations

from collections.abc import Mapping

SECURITY = ("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")
SASL_MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")

_OF_SASL = ("kafka_sasl_mechanism", "kafka_user", "kafka_password")
_OF_TLS = ("kafka_ca_file", "kafka_certificate_file", "kafka_key_file")


def kafka_problems(values: Mapping[str, str]) -> list[str]:
    """Say what does not fit together in how Kafka is talked to, a line each; `values` are settings by field."""
    security = values["kafka_security"]
    sasl, tls = security.startswith("sasl_"), security.endswith("ssl")
    problems = []
    for fields, meant, words in (
        (_OF_SASL, sasl, "sasl_plaintext or sasl_ssl"),
        (_OF_TLS, tls, "ssl or sasl_ssl"),
    ):
        problems += [
            f"{_name(field)} is given, but {_name('kafka_security')} is {security}: set that to {words}"
            for field in fields
            if values[field] and not meant
        ]
    if sasl:
        problems += [
            f"{_name(field)} is missing: {_name('kafka_security')}={security} needs it"
            for field in _OF_SASL
            if not values[field]
        ]
    if values["kafka_key_file"] and not values["kafka_certificate_file"]:
        problems.append(
            f"{_name('kafka_key_file')} is given without {_name('kafka_certificate_file')}: set both"
        )
    return problems


def _name(field: str) -> str:
    return f"HANDSLAG_{field.upper()}"
