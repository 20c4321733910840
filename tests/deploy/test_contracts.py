"""The generated documents are those of the code."""

import pytest

from deploy.contracts import DOCS, documents

FOUND = documents()


@pytest.mark.parametrize("name", sorted(FOUND))
def test_the_committed_document_is_current(name: str) -> None:
    committed = (DOCS / name).read_text(encoding="utf-8")
    assert committed == FOUND[name], "write it anew: make contracts"
