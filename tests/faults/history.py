"""What happened in a fault run, and a checker in the manner of Jepsen that counts what must not have happened.

The checker is pure: it reads a recorded history and knows nothing of how it was made. What one part of the
house says is held against another: clients against the profiles' store, that against the topics, these against
the effects, and the decisions of staff against what the mail server took.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

Place = tuple[str, str]
"""A topic and a key."""


@dataclass(frozen=True)
class Submission:
    """One write that a client wanted; `mark` stands in its content. Without an answer it is in doubt."""

    mark: str
    topic: str
    acknowledged: bool
    key: str = ""
    version: int = 0


@dataclass(frozen=True)
class Stored:
    """A mark as the profiles' store once committed it: in which version of which aggregate."""

    mark: str
    topic: str
    key: str
    version: int


@dataclass(frozen=True)
class Version:
    """One version of a key, at the place in the order in which it was seen."""

    topic: str
    key: str
    version: int

    @property
    def place(self) -> Place:
        return self.topic, self.key


@dataclass(frozen=True)
class Mail:
    """A mail that the server took for good. `to` names the organisation; `told` says that our side got a 250."""

    message_id: str
    to: str
    at: float
    told: bool = True


@dataclass(frozen=True)
class Letter:
    """A dead letter of a service's, or what a stranger wrote that should have become one: the very bytes."""

    service: str
    topic: str
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class History:
    """All that was recorded, once everything had settled."""

    submissions: Sequence[Submission] = ()
    stored: Sequence[Stored] = ()
    waiting: Sequence[Version] = ()
    """Left in the outboxes."""
    published: Sequence[Version] = ()
    """On the topics, per key in the order of their offsets; the same version may stand there several times."""
    effects: Mapping[str, Sequence[Version]] = field(default_factory=dict)
    """By service, in the order in which they were committed."""
    reads: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The topics that each service reads."""
    approvals: Sequence[tuple[str, ...]] = ()
    """Of each acknowledged approval the organisations that one mail goes to."""
    mails: Sequence[Mail] = ()
    sender_deaths: Sequence[float] = ()
    """When a process that sends mail was killed."""
    bad: Sequence[Letter] = ()
    """What a stranger wrote to the topics that must become a dead letter."""
    letters: Sequence[Letter] = ()
    """The dead letters that there are."""


class Settled(Enum):
    """How much had settled when a history was recorded."""

    NOTHING = 0
    ALL_BUT_MAILS = 1
    """Mails, and the deliveries that tell of them, may still come."""
    ALL = 2


@dataclass(frozen=True)
class Verdict:
    """What the checker found, by name; an empty list is as promised. What has no name was not looked for."""

    lost: Mapping[str, Sequence[str]]
    duplicated: Mapping[str, Sequence[str]]
    inverted: Mapping[str, Sequence[str]]
    counted: Mapping[str, int]

    def broken(self) -> list[str]:
        """Name each broken promise with its first cases; empty: all held."""
        return [
            f"{kind} {where}: {len(cases)} ({', '.join(cases[:5])})"
            for kind, found in (
                ("lost", self.lost),
                ("duplicated", self.duplicated),
                ("inverted", self.inverted),
            )
            for where, cases in found.items()
            if cases
        ]


def check(history: History, settled: Settled = Settled.ALL) -> Verdict:
    """Hold the parts of a history against each other.

    Of one that had not settled only that is looked for which nothing that is still on its way can mend or explain:
    what has not arrived yet is not lost, and a mail may be of an approval whose answer is still to come.
    """
    last = _last_versions(history.published)
    own = {(one.topic, one.key) for one in history.submissions if one.acknowledged}
    lost = {
        "between client and store": _not_stored(history),
        "between store and topic": _not_published(history),
        "waiting in an outbox": [_name(one) for one in history.waiting],
        "mails": _too_few_mails(history),
        "bad events": _lost_letters(history),
    }
    duplicated = {
        "submissions": _stored_twice(history),
        "mails": _too_many_mails(history),
        "mails outside of the window": _unexcused_repeats(history),
        "dead letters": _surplus_letters(history),
    }
    inverted = {"on the topics": _inversions(_first_appearances(history.published))}
    for service, effects in history.effects.items():
        read = {place: version for place, version in last.items() if place[0] in history.reads[service]}
        had = _last_versions(effects)
        lost[f"effects in {service}"] = [
            f"{topic}/{key}:{version}"
            for (topic, key), version in sorted(read.items())
            if had.get((topic, key)) != version
        ]
        duplicated[f"effects in {service}"] = _seen_twice(effects)
        inverted[f"effects in {service}"] = _inversions(effects)
    counted = {
        "acknowledged": sum(one.acknowledged for one in history.submissions),
        "in doubt": sum(not one.acknowledged for one in history.submissions),
        "keys": len(own),
        "published": len(history.published),
        "published again": len(history.published) - len(set(history.published)),
        "effects": sum(map(len, history.effects.values())),
        "approvals": len(history.approvals),
        "mails": len(history.mails),
        "mails repeated in the window": _repeats(history.mails),
        "dead letters": len(history.letters),
    }
    if settled is not Settled.ALL:
        del lost["mails"], duplicated["mails"]
        lost = {where: [one for one in cases if not _of_mail(one)] for where, cases in lost.items()}
    if settled is Settled.NOTHING:
        lost = {"between client and store": lost["between client and store"]}
    return Verdict(lost, duplicated, inverted, counted)


def merged(earlier: Verdict, later: Verdict) -> Verdict:
    """Return the later verdict, with the earlier one's word on what the later did not look for."""
    return Verdict(
        {**earlier.lost, **later.lost},
        {**earlier.duplicated, **later.duplicated},
        {**earlier.inverted, **later.inverted},
        later.counted,
    )


def _of_mail(case: str) -> bool:
    return case.startswith("deliveries/")


def _not_stored(history: History) -> list[str]:
    present = {(one.mark, one.topic, one.key, one.version) for one in history.stored}
    return [
        one.mark
        for one in history.submissions
        if one.acknowledged and (one.mark, one.topic, one.key, one.version) not in present
    ]


def _not_published(history: History) -> list[str]:
    there = {(one.topic, one.key, one.version) for one in history.published}
    return [
        f"{one.topic}/{one.key}:{one.version}"
        for one in history.submissions
        if one.acknowledged and (one.topic, one.key, one.version) not in there
    ]


def _stored_twice(history: History) -> list[str]:
    places = defaultdict(set)
    for one in history.stored:
        places[one.mark].add((one.topic, one.key, one.version))
    return sorted(mark for mark, found in places.items() if len(found) > 1)


def _last_versions(versions: Iterable[Version]) -> dict[Place, int]:
    last: dict[Place, int] = {}
    for one in versions:
        last[one.place] = max(one.version, last.get(one.place, 0))
    return last


def _first_appearances(versions: Iterable[Version]) -> list[Version]:
    return list(dict.fromkeys(versions))


def _seen_twice(versions: Iterable[Version]) -> list[str]:
    return [_name(one) for one, times in Counter(versions).items() if times > 1]


def _inversions(versions: Iterable[Version]) -> list[str]:
    newest: dict[Place, int] = {}
    found = []
    for one in versions:
        if one.version < newest.get(one.place, 0):
            found.append(f"{_name(one)} after {newest[one.place]}")
        newest[one.place] = max(one.version, newest.get(one.place, 0))
    return found


def _wanted_mails(history: History) -> Counter[str]:
    return Counter(to for recipients in history.approvals for to in recipients)


def _sent_mails(history: History) -> Counter[str]:
    """Count each mail once, however often it was taken."""
    return Counter({one.message_id: one.to for one in history.mails}.values())


def _too_few_mails(history: History) -> list[str]:
    return sorted((_wanted_mails(history) - _sent_mails(history)).elements())


def _too_many_mails(history: History) -> list[str]:
    return sorted((_sent_mails(history) - _wanted_mails(history)).elements())


def _repeats(mails: Sequence[Mail]) -> int:
    return len(mails) - len({one.message_id for one in mails})


def _unexcused_repeats(history: History) -> list[str]:
    """List repeats of mails whose sender knew of the 250 and did not die between the two."""
    found, before = [], dict[str, Mail]()
    for mail in sorted(history.mails, key=lambda one: one.at):
        earlier = before.get(mail.message_id)
        if earlier is not None:
            died = any(earlier.at <= death <= mail.at for death in history.sender_deaths)
            if earlier.told and not died:
                found.append(mail.message_id)
        before[mail.message_id] = mail
    return found


def _lost_letters(history: History) -> list[str]:
    return [_letter_name(one) for one in (Counter(history.bad) - Counter(history.letters)).elements()]


def _surplus_letters(history: History) -> list[str]:
    return [_letter_name(one) for one in (Counter(history.letters) - Counter(history.bad)).elements()]


def _letter_name(letter: Letter) -> str:
    return f"{letter.service} {letter.topic}/{letter.key.decode(errors='backslashreplace')}"


def _name(one: Version) -> str:
    return f"{one.topic}/{one.key}:{one.version}"
