"""What a submission is like is found once, and anew when an organisation has changed."""

from __future__ import annotations

from services.profiles.submissions import store
from services.profiles.submissions.domain.likeness import Likely
from services.profiles.submissions.views import KnownOrganisations
from shared.storage.engine import Database
from tests.services.profiles.caller import Caller, Profile


def test_a_second_look_compares_nothing_and_one_after_a_change_everything(
    anyone: Caller, staff: Caller, database: Database, company: Profile, partner: Profile
) -> None:
    known = KnownOrganisations()
    ids = [anyone.post("companies", company).json["id"], anyone.post("partners", partner).json["id"]]

    def look() -> list[list[Likely]]:
        with database.reading() as connection:
            found = [store.get_submission(connection, id) for id in ids]
            like = known.like(connection, [one for one in found if one])
        return [like[id] for id in ids]

    def names(like: list[Likely]) -> list[str]:
        return [one.known.name for one in like]

    staff.post("companies", company)
    of_company, of_partner = look()
    assert (names(of_company), names(of_partner)) == ([company["name"]], [])
    again = look()
    assert again[0] is of_company
    assert again[1] is of_partner
    staff.post("partners", partner)
    changed = look()
    assert changed[0] is of_company, "no company has changed"
    assert names(changed[1]) == [partner["name"]]
    staff.put("companies/C1", {**company, "name": "Larmet", "description": "Larm."}, If_Match='"1"')
    assert names(look()[0]) == []
