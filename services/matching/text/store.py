"""Vectors of texts by the digest of the text, under the name of the model that made them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching.tables import embeddings
from shared.storage.rows import in_parts, upsert


def get_vectors(connection: Connection, model: str, digests: Iterable[str]) -> dict[str, bytes]:
    """Read the vectors that are there, by digest."""
    found: dict[str, bytes] = {}
    for part in in_parts(digests):
        query = sa.select(embeddings.c.digest, embeddings.c.vector)
        mine = query.where(embeddings.c.engine == model, embeddings.c.digest.in_(part))
        found.update({row.digest: bytes(row.vector) for row in connection.execute(mine)})
    return found


def list_present(connection: Connection, model: str, digests: Iterable[str]) -> set[str]:
    """Read of which digests the vectors are there."""
    found: set[str] = set()
    for part in in_parts(digests):
        query = sa.select(embeddings.c.digest)
        mine = query.where(embeddings.c.engine == model, embeddings.c.digest.in_(part))
        found.update(connection.execute(mine).scalars())
    return found


def save(connection: Connection, model: str, vectors: Mapping[str, bytes]) -> None:
    """Keep vectors by digest."""
    for digest, vector in sorted(vectors.items()):
        upsert(connection, embeddings, {"engine": model, "digest": digest}, {"vector": vector})


def list_digests(connection: Connection) -> set[str]:
    """Read the digests of all texts whose vectors are kept."""
    return set(connection.execute(sa.select(embeddings.c.digest).distinct()).scalars())


def delete(connection: Connection, of: Collection[str]) -> int:
    """Delete the vectors of texts, whatever model made them, and return how many."""
    return sum(
        connection.execute(sa.delete(embeddings).where(embeddings.c.digest.in_(part))).rowcount
        for part in in_parts(of)
    )


def delete_others(connection: Connection, model: str) -> int:
    """Delete the vectors that other models made, and return how many."""
    return connection.execute(sa.delete(embeddings).where(embeddings.c.engine != model)).rowcount
