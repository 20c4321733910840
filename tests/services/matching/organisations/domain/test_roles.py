"""The role that a kind of company has."""

from __future__ import annotations

import pytest

from services.matching.organisations.domain.roles import (
    KNOWLEDGE_PARTNER,
    STUDY_VISIT_HOST,
    SUPPLIER,
    role_of,
)


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("manufacturer", SUPPLIER),
        ("digital", SUPPLIER),
        ("Konsultbolag", SUPPLIER),
        ("hospital planning firm", SUPPLIER),
        ("", SUPPLIER),
        ("something new", SUPPLIER),
        ("care provider", STUDY_VISIT_HOST),
        ("Region", STUDY_VISIT_HOST),
        ("university hospital", STUDY_VISIT_HOST),
        ("property owner", STUDY_VISIT_HOST),
        ("academia", KNOWLEDGE_PARTNER),
        ("digital health cluster", KNOWLEDGE_PARTNER),
        ("research institute", KNOWLEDGE_PARTNER),
    ],
)
def test_the_kind_decides_the_role(kind: str, role: str) -> None:
    assert role_of(kind) == role
