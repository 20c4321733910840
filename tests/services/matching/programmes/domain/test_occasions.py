"""What calendars are told of a programme that changes: each event keeps its id, and its number rises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from services.matching.programmes.domain.occasions import ALL_TRACKS, Given, Occasion, give_out, occasions_of
from services.matching.programmes.domain.problem import HOST, Day, Placement, Problem, Track, Wanted
from services.matching.programmes.domain.timetable import TRANSFER

ZONE = "Europe/Stockholm"


def occasion(id: str, start: int = 540, tracks: tuple[str, ...] = ("t1",)) -> Occasion:
    return Occasion(id, "one_to_one", "2027-03-25", start, start + 30, tracks, "visit:0", (f"C{id}",))


def file_of(
    before: Sequence[Given],
    stand: Sequence[Occasion],
    track: str = ALL_TRACKS,
    version: int = 1,
    zone: str = ZONE,
) -> tuple[dict[str, tuple[int, bool]], tuple[Given, ...]]:
    shown, after = give_out(before, stand, {}, track, zone, version, f"2027-01-01T00:00:{version:02}Z")
    return {one.occasion.id: (one.sequence, one.cancelled) for one in shown}, after


def test_what_has_not_changed_keeps_its_number_whatever_the_programmes_version() -> None:
    _, known = file_of((), [occasion("a")], version=3)
    assert file_of(known, [occasion("a")], version=9)[0] == {"a": (3, False)}


def test_what_moved_keeps_its_id_and_has_a_higher_number() -> None:
    _, known = file_of((), [occasion("a")], version=3)
    assert file_of(known, [occasion("a", 600)], version=4)[0] == {"a": (4, False)}
    assert file_of(known, [occasion("a", 600)], version=3)[0] == {"a": (4, False)}
    assert file_of(known, [occasion("a")], version=3, zone="Asia/Tokyo")[0] == {"a": (4, False)}


def test_what_is_gone_is_cancelled_with_a_higher_number_and_stays_so() -> None:
    _, known = file_of((), [occasion("a"), occasion("b")])
    shown, known = file_of(known, [occasion("b")], version=2)
    assert shown == {"a": (2, True), "b": (1, False)}
    assert file_of(known, [occasion("b")], version=7)[0] == {"a": (2, True), "b": (1, False)}
    assert file_of(known, [occasion("a"), occasion("b")], version=7)[0] == {"a": (7, False), "b": (1, False)}


def test_what_was_never_given_out_is_not_cancelled() -> None:
    _, known = file_of((), [occasion("a")])
    assert file_of(known, [], track="t1")[0] == {}
    assert file_of((), [])[0] == {}


def test_what_goes_to_another_track_is_cancelled_in_the_file_of_the_first() -> None:
    _, known = file_of((), [occasion("a")], track="t1")
    moved = [occasion("a", tracks=("t2",))]
    shown, known = file_of(known, moved, track="t1", version=2)
    assert shown == {"a": (2, True)}
    assert file_of(known, moved, track="t2", version=2)[0] == {"a": (2, False)}
    assert file_of(known, moved, version=2)[0] == {"a": (2, False)}


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.dictionaries(
                st.sampled_from("abcd"), st.tuples(st.integers(540, 560), st.sampled_from(["t1", "t2"]))
            ),
            st.sampled_from([ALL_TRACKS, "t1", "t2"]),
            st.booleans(),
        ),
        max_size=8,
    )
)
def test_nobody_is_told_of_a_change_by_the_same_number(
    steps: list[tuple[dict[str, tuple[int, str]], str, bool]],
) -> None:
    known: tuple[Given, ...] = ()
    told: dict[tuple[str, str], dict[str, Given]] = {}
    version = 1
    for stand, track, is_new_version in steps:
        version += is_new_version
        occasions = [occasion(id, start, (to,)) for id, (start, to) in stand.items()]
        shown, known = give_out(known, occasions, {}, track, ZONE, version, "2027-01-01T00:00:00Z")
        now = {one.occasion.id: one for one in shown}
        for key, before in told.items():
            if key[0] != track:
                continue
            for id, old in before.items():
                new = now[id]  # what a file had, it has
                same = (replace(new, files=()), new.cancelled) == (replace(old, files=()), old.cancelled)
                assert same or new.sequence > old.sequence
        assert {id for id, one in now.items() if not one.cancelled} == {
            one.id for one in occasions if one.is_in(track)
        }
        told[track, ""] = now


def test_a_transfer_keeps_its_id_when_it_moves_and_each_session_has_its_own() -> None:
    hosts = [
        Wanted(id, "study_visit", (id,), 60, 1, ("t1", "t2"), True, f"{HOST}{id}", False, 1)
        for id in ("A", "B")
    ]
    problem = Problem(
        days=(Day("2027-03-25", 540, 1020, (720, 780), (), "visit:0"),),
        tracks=(Track("t1", ("d1",)), Track("t2", ("d2",))),
        wanted=tuple(hosts), interpreters=1, rooms=4, most_one_to_ones=4, transfer=30, transfers={}, busy=(),
    )  # fmt: skip

    def transfers(start: int) -> list[tuple[str, int]]:
        tracks = ("t1", "t2")
        placements = {
            "A": Placement("2027-03-25", 540, f"{HOST}A", tracks),
            "B": Placement("2027-03-25", start, f"{HOST}B", tracks),
        }
        return [(one.id, one.start) for one in occasions_of(problem, placements) if one.kind == TRANSFER]

    assert transfers(645) == [("transfer.B.t1", 615)]
    assert transfers(660) == [("transfer.B.t1", 630)]
