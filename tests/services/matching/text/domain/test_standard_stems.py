"""The standard stems: each concept is found by its own name, and everyday language by none."""

from __future__ import annotations

import pytest

from services.matching.text.domain.concept_engine import standard_engine
from services.matching.text.domain.unknown_words import common_words
from services.matching.text.domain.unread_names import unread_names

EVERYDAY = {
    "sv": [
        "Vi åt bröd och smör till frukost och drack kaffe.",
        "Bussen kom för sent och det regnade hela vägen hem.",
        "Min granne har köpt en ny båt och målar den blå.",
        "Kan du skicka brevet i morgon bitti?",
        "De spelar fotboll varje lördag och vinner nästan aldrig.",
        "I somras reste vi till fjällen och fiskade.",
        "Det är roligt att dansa, sjunga och berätta historier.",
        "Var ligger närmaste affär som säljer mjölk och ost?",
        "Plastmattan i hallen är gul.",
        "Hästen sprang över ängen och hoppade över staketet.",
        "Glöm inte att vattna blommorna och klippa gräset.",
        "Han bäddar och diskar innan han går till jobbet.",
    ],
    "en": [
        "We had bread and butter and drank coffee.",
        "The bus was late and it rained all the way home.",
        "My neighbour bought a boat and painted it blue.",
        "Could you post the letter tomorrow morning?",
        "They play football every Saturday and hardly ever win.",
        "Last summer we went to the mountains and fished.",
        "She reads a book about kings and castles.",
        "It is fun to dance, sing and tell stories.",
        "Where is the nearest shop that sells milk and cheese?",
        "The horse ran across the meadow and jumped the fence.",
        "Do not forget to water the flowers and cut the grass.",
    ],
    "de": [
        "Wir haben Brot mit Butter gegessen und Kaffee getrunken.",
        "Der Bus kam zu spät, und es regnete auf dem ganzen Heimweg.",
        "Mein Nachbar hat ein Boot gekauft und streicht es blau.",
        "Kannst du den Brief morgen früh zur Post bringen?",
        "Sie spielen jeden Samstag Fußball und gewinnen fast nie.",
        "Im Sommer fuhren wir in die Berge und gingen wandern.",
        "Es macht Spaß, zu tanzen, zu singen und Geschichten zu erzählen.",
        "Das Pferd lief über die Wiese und sprang über den Zaun.",
        "Die Schrauben lockern sich mit der Zeit.",
    ],
    "da": [
        "Vi spiste brød med smør og drak kaffe.",
        "Bussen kom for sent, og det regnede hele vejen hjem.",
        "Min nabo har købt en båd og maler den blå.",
        "De spiller fodbold hver lørdag og vinder næsten aldrig.",
        "Det er bare sjovt at danse, synge og fortælle historier.",
        "For eksempel er der forskellige farver.",
    ],
    "no": [
        "Vi spiste brød med smør og drakk kaffe.",
        "Bussen kom for sent, og det regnet hele veien hjem.",
        "Naboen har kjøpt en båt og maler den blå.",
        "De spiller fotball hver lørdag og vinner nesten aldri.",
        "Det er bare gøy å danse, synge og fortelle historier.",
        "For eksempel er det forskjellige farger.",
    ],
}
TRADE = {
    "founders", "independent", "kommune", "members", "onderzoek", "recherche", "regional", "regionale",
    "regionalen", "regionen", "udbud", "upphandling",
}  # fmt: skip
"""Common words that the trade uses for itself: weak or light concepts know them."""


@pytest.mark.parametrize(
    ("language", "text"), [(one, text) for one, texts in EVERYDAY.items() for text in texts]
)
def test_everyday_language_mentions_no_concept(language: str, text: str) -> None:
    for told in (language, ""):
        found = [(one.concept, one.quote) for one in standard_engine().read(text, told).mentions]
        assert found == []


def test_common_words_mention_no_concept_but_for_those_of_the_trade() -> None:
    known = {
        word for word in common_words() if len(word) >= 5 and standard_engine().read(word, "xx").mentions
    }
    health = {word for word in known if any(part in word for part in HEALTH)}
    assert known - health <= TRADE


HEALTH = ("health", "hospital", "medical", "patient", "sundhed", "helse", "krankenhaus", "klinik", "sjukhus")


def test_every_concept_is_found_by_one_of_its_names_and_most_by_both() -> None:
    unread = unread_names(standard_engine())
    concepts = len(standard_engine().thesaurus.concepts)
    assert len(unread) < 0.06 * 2 * concepts
    assert [one for one, _, _ in unread if sum(other == one for other, _, _ in unread) > 1] == []
