"""Why two organisations may be one, as a sentence in Swedish and English with the words of both."""

from __future__ import annotations

from collections.abc import Mapping

from services.matching.duplicates.domain.suggestions import Reason, ReasonCode

_SAID: Mapping[ReasonCode, Mapping[str, str]] = {
    ReasonCode.SAME_NAME: {
        "sv": "Samma namn, så när som på skrivsätt: ”{one}” och ”{other}”.",
        "en": "The same name, but for the way it is written: “{one}” and “{other}”.",
    },
    ReasonCode.SIMILAR_NAME: {
        "sv": "Nästan samma namn: ”{one}” och ”{other}”.",
        "en": "Nearly the same name: “{one}” and “{other}”.",
    },
    ReasonCode.NAME_WITHIN: {
        "sv": "Det ena namnet ingår i det andra: ”{one}” och ”{other}”.",
        "en": "One name is part of the other: “{one}” and “{other}”.",
    },
    ReasonCode.SAME_WEBSITE: {
        "sv": "Samma webbplats: {one} och {other}.",
        "en": "The same website: {one} and {other}.",
    },
    ReasonCode.SIMILAR_WEBSITE: {
        "sv": "Webbplatser som liknar varandra: {one} och {other}.",
        "en": "Websites that are alike: {one} and {other}.",
    },
    ReasonCode.SAME_CONTACT_DOMAIN: {
        "sv": "Kontakterna har adress hos samma domän: {one}.",
        "en": "The contacts have their addresses at the same domain: {one}.",
    },
    ReasonCode.SAYS_SO: {
        "sv": "Den enas text säger att den också går under den andras namn: ”{quote}”.",
        "en": "The text of one says that it also goes by the name of the other: “{quote}”.",
    },
    ReasonCode.NAMES_OTHER: {
        "sv": "Den enas text nämner den andra: ”{quote}”.",
        "en": "The text of one names the other: “{quote}”.",
    },
    ReasonCode.SAME_TEXT: {
        "sv": "Nästan samma beskrivning: ”{one}” och ”{other}”.",
        "en": "Nearly the same description: “{one}” and “{other}”.",
    },
    ReasonCode.SIMILAR_TEXT: {
        "sv": "Beskrivningar som liknar varandra: ”{one}” och ”{other}”.",
        "en": "Descriptions that are alike: “{one}” and “{other}”.",
    },
    ReasonCode.SAME_CITY: {"sv": "Samma ort: {one}.", "en": "The same city: {one}."},
    ReasonCode.SAME_COUNTRY: {"sv": "Samma land: {one}.", "en": "The same country: {one}."},
}


def reason_said(reason: Reason) -> dict[str, str]:
    """Say a reason in `sv` and `en`."""
    words = {
        "one": reason.words,
        "other": reason.other_words,
        "quote": reason.words or reason.other_words,
    }
    return {language: template.format(**words) for language, template in _SAID[reason.code].items()}
