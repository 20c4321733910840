"""What membership a company has with the organiser, where that is told to staff."""

from __future__ import annotations

NETWORK, SMALL_MEMBER, LAPSED = "network", "small_member", "lapsed"
