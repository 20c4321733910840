"""Which mail server the settings name."""

from __future__ import annotations

from services.notifications.mail.building import MailServer
from services.notifications.mail.mailbox import SCHEME, Mailbox
from services.notifications.mail.smtp import smtp_server
from shared.settings.registry import Settings


def mailbox_of(settings: Settings) -> Mailbox | None:
    """Return the built-in mailbox if mails go there, None if they go to a server."""
    return Mailbox(settings.state_dir / "mailbox") if settings.smtp == SCHEME else None


def mail_server(url: str, settings: Settings) -> MailServer:
    """Return the mail server at a URL: `mailbox:` or `smtp://…`, `smtp+starttls://…`, `smtps://…`.

    Raises ValueError when the URL names none.
    """
    if url == SCHEME:
        return Mailbox(settings.state_dir / "mailbox")
    return smtp_server(url)
