"""The topics that matching reads; `events` has what is done with each."""

from __future__ import annotations

READS = ("companies", "partners", "requests", "visits", "deliveries")
