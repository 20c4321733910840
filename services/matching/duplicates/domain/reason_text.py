"""Why two organisations may be one, as a sentence in Swedish and English with the words of both."""

from __future__ import annotations

from collections.abc import Mapping

from services.matching.duplicates.domain.suggestions import Code, Reason

_SAID: Mapping[Code, Mapping[str, str]] = {
    "same_name": {
        "sv": "Samma namn, så när som på skrivsätt: ”{one}” och ”{other}”.",
        "en": "The same name, but for the way it is written: “{one}” and “{other}”.",
    },
    "similar_name": {
        "sv": "Nästan samma namn: ”{one}” och ”{other}”.",
        "en": "Nearly the same name: “{one}” and “{other}”.",
    },
    "name_within": {
        "sv": "Det ena namnet ingår i det andra: ”{one}” och ”{other}”.",
        "en": "One name is part of the other: “{one}” and “{other}”.",
    },
    "same_website": {
        "sv": "Samma webbplats: {one} och {other}.",
        "en": "The same website: {one} and {other}.",
    },
    "similar_website": {
        "sv": "Webbplatser som liknar varandra: {one} och {other}.",
        "en": "Websites that are alike: {one} and {other}.",
    },
    "same_contact_domain": {
        "sv": "Kontakterna har adress hos samma domän: {one}.",
        "en": "The contacts have their addresses at the same domain: {one}.",
    },
    "says_so": {
        "sv": "Den enas text säger att den också går under den andras namn: ”{quote}”.",
        "en": "The text of one says that it also goes by the name of the other: “{quote}”.",
    },
    "names_other": {
        "sv": "Den enas text nämner den andra: ”{quote}”.",
        "en": "The text of one names the other: “{quote}”.",
    },
    "same_text": {
        "sv": "Nästan samma beskrivning: ”{one}” och ”{other}”.",
        "en": "Nearly the same description: “{one}” and “{other}”.",
    },
    "similar_text": {
        "sv": "Beskrivningar som liknar varandra: ”{one}” och ”{other}”.",
        "en": "Descriptions that are alike: “{one}” and “{other}”.",
    },
    "same_city": {"sv": "Samma ort: {one}.", "en": "The same city: {one}."},
    "same_country": {"sv": "Samma land: {one}.", "en": "The same country: {one}."},
}


def reason_said(reason: Reason) -> dict[str, str]:
    """Say a reason in `sv` and `en`."""
    words = {
        "one": reason.words,
        "other": reason.other_words,
        "quote": reason.words or reason.other_words,
    }
    return {language: template.format(**words) for language, template in _SAID[reason.code].items()}
