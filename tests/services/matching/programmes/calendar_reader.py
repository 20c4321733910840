"""A reader of calendars that holds them to RFC 5545 and 5546, and shares no code with what writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO

from dateutil.tz import tzical  # type: ignore[import-untyped]


@dataclass
class Line:
    """A content line: its name, its parameters, its value."""

    name: str
    parameters: dict[str, str]
    value: str


def lines_of(file: bytes) -> list[Line]:
    """Read content lines strictly: ends, lengths in octets, whole characters (RFC 5545, 3.1)."""
    assert file.endswith(b"\r\n")
    physical = file.removesuffix(b"\r\n").split(b"\r\n")
    for one in physical:
        assert one, "an empty line"
        assert len(one) <= 75
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", one), one
        one.decode("utf-8")  # a character that is cut in two is none
    text = b"\r\n".join(physical).decode().replace("\r\n ", "")
    found = []
    for line in text.split("\r\n"):
        match = re.fullmatch(r'([A-Z-]+)((?:;[A-Z-]+=(?:"[^"]*"|[^";:,]*))*):(.*)', line, re.DOTALL)
        assert match, line
        parameters = dict(re.findall(r';([A-Z-]+)=("[^"]*"|[^";:,]*)', match[2]))
        found.append(Line(match[1], parameters, match[3]))
    return found


def parts_of(lines: list[Line], name: str) -> list[dict[str, Line]]:
    """The properties of each component of a name; each stands there once, but for those of a time zone's parts."""
    parts: list[dict[str, Line]] = []
    inside = False
    for line in lines:
        if (line.name, line.value) == ("BEGIN", name):
            parts.append({})
            inside = True
        elif (line.name, line.value) == ("END", name):
            inside = False
        elif inside:
            assert name == "VTIMEZONE" or line.name not in parts[-1], f"{line} stands there twice"
            parts[-1][line.name] = line
    return parts


def check_rules(file: bytes) -> list[dict[str, Line]]:
    """Hold a file to what both standards ask of a published calendar, and return its events."""
    lines = lines_of(file)
    assert (lines[0].name, lines[0].value, lines[-1].name) == ("BEGIN", "VCALENDAR", "END")
    top = {line.name: line.value for line in lines}
    assert (top["METHOD"], top["VERSION"]) == ("PUBLISH", "2.0")
    assert top["PRODID"]
    zones = [one["TZID"].value for one in parts_of(lines, "VTIMEZONE")]
    assert len(zones) == len(set(zones))
    events = parts_of(lines, "VEVENT")
    assert len({one["UID"].value for one in events}) == len(events)
    for one in events:
        assert {
            "UID",
            "DTSTAMP",
            "DTSTART",
            "DTEND",
            "SUMMARY",
            "SEQUENCE",
            "ORGANIZER",
            "LAST-MODIFIED",
        } <= set(one)
        assert "ATTENDEE" not in one
        assert one["STATUS"].value in ("CONFIRMED", "CANCELLED")
        assert one["ORGANIZER"].value.startswith("mailto:")
        assert int(one["SEQUENCE"].value) >= 0
        for name in ("DTSTAMP", "LAST-MODIFIED"):
            assert re.fullmatch(r"\d{8}T\d{6}Z", one[name].value)
        for name in ("DTSTART", "DTEND"):
            if one[name].value.endswith("Z"):
                assert not one[name].parameters
            else:
                assert one[name].parameters["TZID"] in zones
        assert one["DTSTART"].value < one["DTEND"].value
    return events


def unescaped(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def moment_of(line: Line, file: bytes) -> datetime:
    """The moment of an event, by what the file itself says of its time zone, as dateutil reads that."""
    if line.value.endswith("Z"):
        return datetime.strptime(line.value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    text = file.decode().replace("\r\n ", "")
    zones = "".join(re.findall(r"BEGIN:VTIMEZONE.*?END:VTIMEZONE\r\n", text, re.DOTALL))
    zone = tzical(StringIO(zones.replace("\r\n", "\n"))).get(line.parameters["TZID"])
    return datetime.strptime(line.value, "%Y%m%dT%H%M%S").replace(tzinfo=zone).astimezone(UTC)
