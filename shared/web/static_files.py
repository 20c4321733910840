"""The files that pages are dressed with: compressed where the browser takes it, and kept by it for a year.

The address of each file ends with the digest of its bytes, so that a new version is asked for at once.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any

from flask import Flask, Request, Response, request
from flask_compress import Compress
from flask_compress.flask_compress import DictCache
from werkzeug.security import safe_join

STATIC_PATH = "/static"
YEAR_SECONDS = 31_536_000
VERSION = "v"


def serve_compressed(app: Flask) -> None:
    """Have every static endpoint of an app answer compressed, cacheable and under an address with a version.

    Call it once all blueprints are registered. A static endpoint is one whose name ends with `static`.
    """
    app.config["COMPRESS_REGISTER"] = False  # pages hold tokens: only files that are the same for everybody
    app.config["COMPRESS_CACHE_BACKEND"] = DictCache
    app.config["COMPRESS_CACHE_KEY"] = _one_name
    compress = Compress(app)
    folders = {
        endpoint: folder
        for endpoint in app.view_functions
        if endpoint.endswith("static")
        and (folder := app.blueprints[endpoint.rpartition(".")[0]].static_folder)
    }
    for endpoint in folders:
        app.view_functions[endpoint] = compress.compressed()(_whole(app.view_functions[endpoint]))

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint in folders and VERSION not in values:
            version = _digest(folders[endpoint], values["filename"])
            if version:
                values[VERSION] = version

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint in folders and VERSION in request.args and response.status_code == 200:
            response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
        return response


def _one_name(asked: Request) -> str:
    """Return the key that a compressed file is kept under: one for each file, in however many ways it is asked for."""
    return posixpath.normpath(asked.path)


def _whole(view: Callable[..., Any]) -> Callable[..., Response]:
    """Have a view read its file: what is streamed would be compressed anew each time, and never with gzip."""

    @wraps(view)
    def read(**values: Any) -> Response:
        response: Response = view(**values)
        response.direct_passthrough = False
        response.make_sequence()
        return response

    return read


@lru_cache(maxsize=256)
def _digest(folder: str, name: str) -> str:
    """Return the first 12 hexadecimal digits of a file's SHA-256; empty where there is no such file."""
    path = safe_join(folder, name)
    if path is None or not Path(path).is_file():
        return ""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]
