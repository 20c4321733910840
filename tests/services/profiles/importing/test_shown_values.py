"""What a cell shows is what is read."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from services.profiles.importing.shown_values import shown_text, shown_value


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (42, "000000", "000042"),
        (42.0, "General", "42"),
        (46701234567, "General", "46701234567"),
        (46701234567.0, "0", "46701234567"),
        (46701234567, r"\+00\ 00\ 000\ 00\ 00", "+46 70 123 45 67"),
        (701234567, "000-000 00 00", "070-123 45 67"),
        (5566778899, "######-####", "556677-8899"),
        (7, '"SE-"000', "SE-007"),
        (1.2e10, "0.00E+00", "12000000000"),
        (1e22, "General", "10000000000000000000000"),
        (123456789012345678, "0", "123456789012345678"),
        (0.1 + 0.2, "General", "0.3"),
        (1e-7, "General", "0.0000001"),
        (1200, "#,##0", "1200"),
        (1200, r"_-* #,##0\ _k_r_-;\-* #,##0\ _k_r_-", "1200"),
        (1200.5, "#,##0.00", "1200.50"),
        (12, '0" st"', "12 st"),
        (0.25, "0%", "25%"),
        (0.255, "0.0 %", "25.5 %"),
        (1.5, "0.00", "1.50"),
        (12.5, "0", "13"),
        (1.5, "0.##", "1.5"),
        (-5, "0", "-5"),
        (-5, "0;(0)", "(5)"),
        (0, "#", "0"),
        (5, "[Red]0", "5"),
        (0.5, "# ?/?", "0.5"),
        (1200000, "0,,", "1200000"),
        (3, "@", "3"),
        (3, "", "3"),
        (3, ";;;", "3"),
        (True, "General", "TRUE"),
        (False, "General", "FALSE"),
        (None, "General", ""),
        (datetime.fromisoformat("2026-03-02"), "yyyy", "2026-03-02"),
        (datetime.fromisoformat("2026-03-02T14:30"), "", "2026-03-02T14:30:00"),
        (date(2026, 3, 2), "", "2026-03-02"),
        (time(14, 30), "", "14:30:00"),
    ],
)
def test_numbers_days_and_truths(value: object, number_format: str, shown: str) -> None:
    assert shown_value(value, number_format) == shown


@pytest.mark.parametrize(
    ("held", "shown"),
    [
        ("a_x000D_\nb", "a\nb"),
        ("a_x000D_b", "a\nb"),
        ("a_x000B_b\vc", "a\nb\nc"),
        ("_x005F_x000D_", "_x000D_"),
        ("_x005f_x005F_", "_x005F_"),
        ("_xD83D__xDE00_", "😀"),
        ("_xD83D_", "\ufffd"),
        ("_x00_ x000D_", "_x00_ x000D_"),
        ("a\r\nb\rc", "a\nb\nc"),
    ],
)
def test_escapes_are_read(held: str, shown: str) -> None:
    assert shown_text(held) == shown
