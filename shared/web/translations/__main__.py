"""Compile every `messages.po` of the project beside it: `python -m shared.web.translations`."""

import os
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[3]


def main() -> None:
    """Write a `.mo` file beside each `.po` file under `shared/` and `services/`; who reads one meets it whole."""
    for folder in ("shared", "services"):
        for source in sorted((ROOT / folder).rglob("*.po")):
            compiled = BytesIO()
            write_mo(compiled, read_po(BytesIO(source.read_bytes())))
            beside = source.with_suffix(f".{os.getpid()}.tmp")
            beside.write_bytes(compiled.getvalue())
            beside.replace(source.with_suffix(".mo"))


if __name__ == "__main__":
    main()
