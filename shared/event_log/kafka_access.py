"""Telling brokers that refuse us, or that we do not trust, from brokers that are away.

kafka-python tries for ever in either case and then says that there was no time left.
"""

from __future__ import annotations

import ssl
import time
from typing import Any
from weakref import WeakSet

from kafka.errors import (
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
)
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import create_connection
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport

from shared.event_log.kafka_options import KafkaOptions

HANDSHAKE_SECONDS = 10.0

_SASL_REFUSALS = (SaslAuthenticationFailedError, UnsupportedSaslMechanismError, IllegalSaslStateError)


class RefusedError(KafkaError):  # type: ignore[misc]  # kafka-python has no types
    """A broker refuses us, or we do not trust it; `cause` is what the connection ended with."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.cause = cause


class WatchedClient(KafkaNetClient):  # type: ignore[misc]  # kafka-python has no types
    """kafka-python's network client; it remembers why the last broker refused it, until one lets it in."""

    def __init__(self, **configs: Any) -> None:
        network = NetworkSelector(**configs)
        self._watched = _WatchedConnections(network, **configs)
        super().__init__(network, self._watched)

    @property
    def refusal(self) -> BaseException | None:
        """Why a broker refused us, or we it; None while none did."""
        return self._watched.refusal


class _WatchedConnections(KafkaConnectionManager):  # type: ignore[misc]  # kafka-python has no types
    def __init__(self, network: Any, **configs: Any) -> None:
        self.refusal: BaseException | None = None
        self._seen: WeakSet[Any] = WeakSet()
        super().__init__(network, **configs)

    def get_connection(self, node_id: Any, **options: Any) -> Any:
        # Only a client that is being opened gives up: a later refusal may pass, and it would stay silent for ever.
        if self.refusal is not None and not self.bootstrapped:
            raise RefusedError(self.refusal)
        connection = super().get_connection(node_id, **options)
        if connection not in self._seen:
            self._seen.add(connection)
            connection.init_future.add_callback(lambda _: self._note(None))
            connection.init_future.add_errback(self._note)
        return connection

    def _note(self, error: BaseException | None) -> None:
        if error is None or is_refusal(error):
            self.refusal = error

    async def _build_transport(self, node: Any, timeout_at: float | None = None) -> Any:
        """Connect as kafka-python does, but never wait for a handshake for ever, and close what fails."""
        ends = timeout_at or time.monotonic() + HANDSHAKE_SECONDS
        options = self.config["socket_options"]
        sock = await create_connection(self._net, node.host, node.port, options, timeout_at=ends)
        if self.ssl_enabled:
            transport = _TlsTransport(self._net, sock, host=node.host, ssl_context=self.config["ssl_context"])
        else:
            transport = _PlainTransport(self._net, sock, host=node.host)
        try:
            left = max(0.1, ends - time.monotonic())
            await self.wait_for(self.call_soon(transport.handshake), left * 1000)
        except Exception as error:
            transport.abort(error)
            raise KafkaConnectionError(f"the handshake failed: {error}") from error
        return transport


class _WholeReads:
    """Gives what was received although the connection was closed right after it.

    kafka-python throws it away then: an answer that says that the password is wrong, for instance. The end of the
    connection is met again by the next read.
    """

    def _sock_recv(self) -> tuple[bytes, Exception | None]:
        received, error = super()._sock_recv()  # type: ignore[misc]  # the class it is mixed into has it
        return (received, None) if received else (received, error)


class _PlainTransport(_WholeReads, KafkaTCPTransport):  # type: ignore[misc]  # kafka-python has no types
    pass


class _TlsTransport(_WholeReads, KafkaSSLTransport):  # type: ignore[misc]  # kafka-python has no types
    pass


def is_refusal(error: BaseException) -> bool:
    """Say whether a connection ended because one side refused the other, and not because a broker is away."""
    return isinstance(error, _SASL_REFUSALS) or isinstance(_below(error), ssl.SSLError)


def words_of(error: BaseException, options: KafkaOptions) -> str:
    """Say what was refused, and which settings to mend."""
    below = _below(error)
    if isinstance(error, SaslAuthenticationFailedError):
        return (
            f"the user {options.user!r} or the password is wrong: set HANDSLAG_KAFKA_USER and "
            "HANDSLAG_KAFKA_PASSWORD (or HANDSLAG_KAFKA_PASSWORD_FILE) to what Kafka knows "
            f"for {options.sasl_mechanism}"
        )
    if isinstance(error, UnsupportedSaslMechanismError):
        return f"it does not take HANDSLAG_KAFKA_SASL_MECHANISM {options.sasl_mechanism}: set another one"
    if isinstance(error, IllegalSaslStateError):
        return (
            f"it asks for no user at this address: HANDSLAG_KAFKA_SECURITY is {options.security}, "
            "set it to plaintext or ssl, or give the port that asks for one"
        )
    if isinstance(below, ssl.SSLCertVerificationError):
        signer = options.ca_file or "the authorities that this machine trusts"
        return (
            f"its certificate is not to be trusted: {below.verify_message}. It must name the host of "
            f"HANDSLAG_EVENT_LOG and be signed by HANDSLAG_KAFKA_CA_FILE ({signer})"
        )
    return (
        f"TLS fails: {below}. HANDSLAG_KAFKA_SECURITY is {options.security}: does this port speak TLS, and does it ask "
        "for a certificate (HANDSLAG_KAFKA_CERTIFICATE_FILE, HANDSLAG_KAFKA_KEY_FILE)?"
    )


def _below(error: BaseException) -> BaseException:
    """Return the TLS library's own error, which kafka-python wraps."""
    wrapped = (error.__cause__, *error.args)
    return next((one for one in wrapped if isinstance(one, ssl.SSLError)), error)
