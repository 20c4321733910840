"""Which refusals are the recipient's and which are the settings', by what servers in use answer."""

from __future__ import annotations

import pytest

from services.notifications.mail.domain.server_answers import Setting, Stage, setting_at_fault, setting_named

SERVER, SENDER = Setting.SERVER, Setting.SENDER


@pytest.mark.parametrize(
    ("stage", "answer", "setting"),
    [
        (Stage.SIGN_IN, "554 5.7.1 no service for you", SERVER),
        (Stage.SIGN_IN, "535 5.7.8 Username and Password not accepted", SERVER),
        (Stage.SIGN_IN, "421 4.3.2 too many connections", None),
        (Stage.SENDER, "553 5.7.1 Sender address rejected: not owned by user match@organiser.example", SENDER),
        (Stage.SENDER, "550 no", SENDER),
        (Stage.SENDER, "550 5.1.8 Sender domain does not exist", SENDER),
        (Stage.SENDER, "530 5.7.0 Must issue a STARTTLS command first", SERVER),
        (Stage.SENDER, "530 5.7.1 Authentication required", SERVER),
        (Stage.SENDER, "503 5.5.1 Error: need AUTH command", SERVER),
        (Stage.SENDER, "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied", SERVER),
        (Stage.SENDER, "550 5.7.1 Relaying denied", SERVER),
        (Stage.SENDER, "452 4.3.1 Insufficient system storage", None),
        (Stage.RECIPIENT, "550 5.1.1 <kari@a.example>: Recipient address rejected: User unknown", None),
        (Stage.RECIPIENT, "550 no such user", None),
        (Stage.RECIPIENT, "550 mailbox unavailable", None),
        (Stage.RECIPIENT, "551 user not local", None),
        (Stage.RECIPIENT, "552 5.2.2 mailbox full", None),
        (Stage.RECIPIENT, "554 5.7.1 <kari@a.example>: Recipient address rejected: Access denied", None),
        (Stage.RECIPIENT, "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required", None),
        (Stage.RECIPIENT, "550 5.7.133 sender not authenticated for group", None),
        (Stage.RECIPIENT, "550 5.4.1 Recipient address rejected: Access denied. relay", None),
        (Stage.RECIPIENT, "450 4.2.0 Recipient address rejected: Greylisted", None),
        (Stage.RECIPIENT, "454 4.7.1 Relay access denied", None),
        (Stage.RECIPIENT, "554 5.7.1 <kari@a.example>: Relay access denied", SERVER),
        (Stage.RECIPIENT, "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", SERVER),
        (Stage.RECIPIENT, "550 5.7.1 Unable to relay", SERVER),
        (Stage.RECIPIENT, "530 5.7.57 Client not authenticated to send mail", SERVER),
        (Stage.RECIPIENT, "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked by a list", SERVER),
        (Stage.RECIPIENT, "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", SERVER),
        (Stage.RECIPIENT, "553 5.7.1 <match@o.example>: Sender address rejected: not owned by user", SENDER),
        (Stage.RECIPIENT, "550 5.1.8 <match@o.example>: Sender address rejected: Domain not found", SENDER),
        (Stage.RECIPIENT, "550 5.7.23 SPF validation failed", SENDER),
        (Stage.CONTENT, "550 5.7.26 This mail has been blocked because the sender is unauthenticated", SENDER),
        (Stage.CONTENT, "550 5.7.509 Access denied, sending domain does not pass DMARC verification", SENDER),
        (Stage.CONTENT, "554 5.7.60 Client does not have permissions to send as this sender", SENDER),
        (Stage.CONTENT, "554 no", None),
        (Stage.CONTENT, "554 5.6.0 Message contains invalid header", None),
        (Stage.CONTENT, "552 5.3.4 Message too big", None),
        (Stage.CONTENT, "554 5.7.1 Message rejected as spam", None),
    ],
)  # fmt: skip
def test_whose_fault_a_refusal_is(stage: Stage, answer: str, setting: Setting | None) -> None:
    code, _, text = answer.partition(" ")
    assert setting_at_fault(stage, int(code), text) == setting


@pytest.mark.parametrize(
    ("reason", "setting"),
    [
        ("HANDSLAG_SMTP: the mail server refused to serve us: 554", SERVER),
        ("HANDSLAG_MAIL_FROM: the mail server refused the sender: 553", SENDER),
        ("The mail server refused the mail: 550 HANDSLAG_SMTP: no", None),
        ("", None),
    ],
)
def test_a_reason_names_the_setting_that_is_to_be_mended(reason: str, setting: Setting | None) -> None:
    assert setting_named(reason) == setting
