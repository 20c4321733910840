"""Where a company sells through somebody else: an exclusive distributor is a route into a market, not a wall."""

from __future__ import annotations

from services.matching.organisations.domain.model import Company
from shared.words.countries import covers


def distributors_in(company: Company, country: str) -> tuple[str, ...]:
    """Return the company's exclusive distributors whose area is known to have the country in it, by name."""
    found = {who for where, who in company.exclusive_distributors.items() if covers((where,), country)}
    return tuple(sorted(found))
