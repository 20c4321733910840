"""A Kafka cluster as this process sees it: its addresses, the names there, and how a client is opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from shared.event_log.kafka_access import WatchedClient, words_of
from shared.event_log.kafka_options import KafkaOptions
from shared.event_log.port import AccessRefusedError, EventLogError, LogUnavailableError

OPEN_SECONDS = 5.0
ANSWER_SECONDS = 1.0


class KafkaCluster:
    """The brokers at some addresses; names of ours are `PREFIX.NAME` there."""

    def __init__(self, servers: Sequence[str], prefix: str, options: KafkaOptions) -> None:
        self.servers = list(servers)
        self.options = options
        self._prefix = prefix + "."

    def full_name(self, name: str) -> str:
        """Return a topic's or a group's name on the cluster."""
        return self._prefix + name

    def short_name(self, full_name: str) -> str:
        """Return a topic's name without the prefix."""
        return full_name.removeprefix(self._prefix)

    def open_client(self, kind: Any, seconds: float, **settings: Any) -> Any:
        """Open a kafka-python client within some seconds.

        Raises LogUnavailableError when no broker answers, AccessRefusedError when one refuses us or we it.
        """
        made: list[WatchedClient] = []

        def keep(**configs: Any) -> WatchedClient:
            made.append(WatchedClient(**configs))
            return made[-1]

        try:
            client = kind(
                bootstrap_servers=self.servers,
                reconnect_backoff_max_ms=1000,
                bootstrap_timeout_ms=int(max(0.5, min(seconds, OPEN_SECONDS)) * 1000),
                kafka_client=keep,
                **self.options.client_settings(),
                **settings,
            )
            client.watched = made[-1]
            return client
        except KafkaError as error:
            refusal = next((client.refusal for client in made if client.refusal), None)
            for client in made:  # a constructor that fails leaves its threads and sockets behind
                client.close()
            if refusal is not None:
                raise self._refused(refusal) from error
            hint = "" if self.options.security != "plaintext" else (
                "; a port that asks for TLS or a user looks the same (HANDSLAG_KAFKA_SECURITY is plaintext)"
            )  # fmt: skip
            raise LogUnavailableError(
                f"no Kafka broker answers at {','.join(self.servers)} ({error}){hint}"
            ) from error

    def refusal_of(self, client: Any) -> AccessRefusedError | None:
        """Tell why a broker refuses a client that was opened here; None while none does."""
        watched: WatchedClient = client.watched
        return None if watched.refusal is None else self._refused(watched.refusal)

    def _refused(self, refusal: BaseException) -> AccessRefusedError:
        return AccessRefusedError(
            f"Kafka at {','.join(self.servers)} answers, but {words_of(refusal, self.options)}"
        )

    def answers(self) -> bool:
        """Say whether a broker answers within a second."""
        try:
            self.open_client(KafkaAdminClient, ANSWER_SECONDS).close()
        except LogUnavailableError:
            return False
        return True

    @contextmanager
    def admin(self) -> Iterator[Any]:
        """Open an admin client for one use; every failure is told as an EventLogError."""
        client = self.open_client(KafkaAdminClient, OPEN_SECONDS)
        try:
            yield client
        except KafkaError as error:
            told = LogUnavailableError if getattr(error, "retriable", False) else EventLogError
            raise told(f"Kafka at {','.join(self.servers)} says: {error}") from error
        finally:
            client.close()
