"""One form of letters and marks, in linear time."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from shared.words.composing import compatible, composed

MARKED = st.text(st.sampled_from("aå1 \u00e4\u0301\u0316\u0323\u0308\u0344\u05b4\u1e69\uac00\u1100\u1161"))


@given(MARKED | st.text())
def test_it_is_the_composed_form_of_unicode(text: str) -> None:
    assert composed(text) == unicodedata.normalize("NFC", text)
    assert compatible(text) == unicodedata.normalize("NFKC", text)
