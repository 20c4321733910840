"""Time zones by name, and when their clocks change."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from shared.time_zones import offsets_of, time_zone_named


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Europe/Stockholm", "Europe/Stockholm"),
        (" europe/stockholm ", "Europe/Stockholm"),
        ("utc", "UTC"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("", None),
        ("Europe", None),
        ("Stockholm", None),
        ("+01:00", None),
        ("../Europe/Stockholm", None),
        ("/etc/localtime", None),
        ("Factory", None),
        ("Europe/Stockholm\0", None),
        ("å" * 300, None),
    ],
)
def test_a_time_zone_is_known_by_its_name(text: str, name: str | None) -> None:
    assert time_zone_named(text) == name


def test_clocks_change_when_they_do_by_the_clocks_of_before() -> None:
    hour = timedelta(hours=1)
    changes = list(offsets_of("Europe/Stockholm", date(2027, 3, 25), date(2027, 3, 30)))[1:]
    in_2027 = [one for one in changes if one.since.year == 2027]
    assert [(one.since, one.before, one.after, one.name, one.is_summer) for one in in_2027] == [
        (datetime.fromisoformat("2027-03-28T02:00"), hour, 2 * hour, "CEST", True),
        (datetime.fromisoformat("2027-10-31T03:00"), 2 * hour, hour, "CET", False),
    ]


def test_where_clocks_never_change_one_offset_is_told() -> None:
    (only,) = offsets_of("Asia/Tokyo", date(2027, 3, 25), date(2027, 3, 30))
    assert (only.before, only.after) == (timedelta(hours=9), timedelta(hours=9))
