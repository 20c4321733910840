"""Whose fault it is that a mail server refuses: the recipient's, or that of a setting of ours.

By the stage, the code and the enhanced code (RFC 5321, section 4.2; RFC 3463; RFC 4954; RFC 7372), and by the words of
the servers in use where a code says too little: many name what is wrong with the sender only after the recipient.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Stage(StrEnum):
    """How far a mail had come when it was refused."""

    SIGN_IN = "sign in"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"


class Setting(StrEnum):
    """A setting that a mail server's refusal may be the fault of."""

    SERVER = "HANDSLAG_SMTP"
    SENDER = "HANDSLAG_MAIL_FROM"


FAULTS = {
    Setting.SERVER: "the mail server refused to serve us",
    Setting.SENDER: "the mail server refused the sender",
}

_WANTS_SIGN_IN = frozenset({530, 534, 535, 538})
_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_OF_THE_SENDER = re.compile(r"\d\.(1\.[78]|7\.(2[0-46-9]|60|509|515))")
_OF_THE_SERVER = re.compile(r"\d\.7\.(3|8|9|10|11|25|54|57|64|60[6-9]|6[1-4]\d)")
_OF_THE_RECIPIENT = re.compile(r"\d\.([2346]\.\d+|1\.(?![78])\d+|7\.1[0-9]{2})")
_ABOUT_THE_SENDER = re.compile(
    r"sender (address|domain|verif|rejected|denied|is not)|not owned by|send as this sender|\b(spf|dkim|dmarc)\b"
    r"|(envelope|invalid|bad|unknown|forged) (sender|from)|return path|from (address|header|domain)",
    re.IGNORECASE,
)
_ABOUT_THE_SERVER = re.compile(
    r"\brelay|authenticat(e|ion)\b.{0,20}\b(required|first|needed)|need auth|not authenticated"
    r"|must (authenticate|log ?in|issue a starttls)|client host|\b(helo|ehlo)\b|block ?list|black ?list"
    r"|\b(dnsbl|rbl)\b|spamhaus|reverse dns|\bptr\b|\bip address\b|\byour ip\b",
    re.IGNORECASE,
)
_ABOUT_THE_RECIPIENT = re.compile(
    r"recipient address rejected|resolver\.|user unknown|no such user", re.IGNORECASE
)
_NAMED = re.compile(rf"({'|'.join(Setting)}):")


def setting_at_fault(stage: Stage, code: int, text: str) -> Setting | None:
    """Return the setting that a refusal is the fault of; None where it is the mail's or the recipient's, or will pass.

    `text` is what the server said after the code. A temporary code (4xx) is nobody's fault.
    """
    if not 500 <= code < 600:
        return None
    if stage is Stage.SIGN_IN or code in _WANTS_SIGN_IN:
        return Setting.SERVER
    named = _named_fault(text)
    if stage is Stage.SENDER:
        return named or Setting.SENDER
    return named


def setting_named(reason: str) -> Setting | None:
    """Return the setting that a delivery's reason begins with, if it does with one."""
    found = _NAMED.match(reason)
    return Setting(found[1]) if found else None


def _named_fault(text: str) -> Setting | None:
    found = _ENHANCED.match(text)
    enhanced = found[1] if found else ""
    if _OF_THE_SENDER.fullmatch(enhanced):
        return Setting.SENDER
    if _OF_THE_SERVER.fullmatch(enhanced):
        return Setting.SERVER
    if _OF_THE_RECIPIENT.fullmatch(enhanced) or _ABOUT_THE_RECIPIENT.search(text):
        return None
    if _ABOUT_THE_SENDER.search(text):
        return Setting.SENDER
    return Setting.SERVER if _ABOUT_THE_SERVER.search(text) else None
