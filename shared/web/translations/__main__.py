"""Compile every `messages.po` of the project beside it: `python -m shared.web.translations`."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[3]


def main() -> None:
    """Write a `.mo` file beside each `.po` file under `shared/` and `services/`."""
    for folder in ("shared", "services"):
        for source in sorted((ROOT / folder).rglob("*.po")):
            with source.open("rb") as text, source.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, read_po(text))


if __name__ == "__main__":
    main()
