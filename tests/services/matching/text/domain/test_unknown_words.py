"""What texts say and no concept knows."""

from __future__ import annotations

from services.matching.text.domain.unknown_words import ENOUGH_TO_TELL, LONGEST_EXAMPLE, Text, unknown_words


def listed(*texts: Text) -> list[tuple[str, int]]:
    return [(one.word, one.organisations) for one in unknown_words(texts)]


def test_words_are_counted_by_organisations_the_most_used_first() -> None:
    texts = [
        Text("a", "Zeppelin zeppelin, kattunge", "sv"),
        Text("b", "Zeppelin", "sv"),
        Text("a", "zeppelin", "sv"),
    ]
    assert listed(*texts) == [("zeppelin", 2), ("kattunge", 1)]


def test_words_a_concept_knows_are_left_out_and_so_are_those_of_its_phrases() -> None:
    assert listed(Text("a", "Trygghetslarm, early detection, zeppelin", "")) == [("zeppelin", 1)]


def test_words_of_grammar_short_words_and_numbers_are_left_out() -> None:
    assert listed(Text("a", "genom eller vilka der die 12345 a4b5c6 oj", "sv")) == []


def test_forms_of_a_word_are_one() -> None:
    assert listed(Text("a", "zeppelin", "sv"), Text("b", "zeppelinen zeppelins", "sv")) == [("zeppelin", 2)]


def test_a_longer_compound_does_not_part_the_forms_of_a_word() -> None:
    texts = [Text("a", "zeppelin", "sv"), Text("b", "zeppelinfabrik", "sv"), Text("c", "zeppelins", "sv")]
    assert listed(*texts) == [("zeppelin", 2), ("zeppelinfabrik", 1)]


def test_what_most_organisations_of_a_language_say_is_common_and_left_out() -> None:
    many = [Text(str(number), "ordinary", "en") for number in range(ENOUGH_TO_TELL)]
    assert listed(*many, Text("x", "zeppelin", "en")) == [("zeppelin", 1)]
    assert listed(*many[:-2]) == [("ordinary", ENOUGH_TO_TELL - 2)]


def test_an_example_is_a_phrase_of_the_text_with_the_languages() -> None:
    text = "Our company " + "builds and flies " * 9 + "the largest Zeppelín of all " + "over the sea " * 9
    found = {one.word: one for one in unknown_words([Text("a", text, "en")])}["zeppelin"]
    assert "Zeppelín" in found.example
    assert found.example in text
    assert len(found.example) <= LONGEST_EXAMPLE
    assert found.languages == ("en",)


def test_an_example_of_a_text_with_line_breaks_is_one_line() -> None:
    assert unknown_words([Text("a", "we fly\n\na zeppelin", "en")])[0].example == "we fly a zeppelin"
