"""The mailbox's pages: what the built-in mailbox keeps, for staff to look at."""

from __future__ import annotations

from collections import Counter
from email.message import EmailMessage

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from services.notifications.deliveries.actions import retry_deliveries
from services.notifications.deliveries.views import count_mails, list_kept
from services.notifications.mail.headers import shown_header
from services.notifications.mail.mailbox import Mailbox
from services.notifications.mail.server import mailbox_of
from shared.clock import Clock
from shared.settings.registry import hide_password
from shared.storage.engine import Database
from shared.web.access import access
from shared.web.numbers import page_number
from shared.web.problems import Problem

PAGE_SIZE = 50
HTML_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'; base-uri 'none'"
)
"""For a mail's own HTML: it may look like something, and do nothing."""

blueprint = Blueprint("mailbox", __name__, template_folder="templates")


@blueprint.get("/mailbox")
@access("staff")
def mailbox_page() -> str:
    """List the mails, newest first, with the deliveries that have not become one yet."""
    settings = current_app.config["SETTINGS"]
    mailbox = mailbox_of(settings)
    database: Database = current_app.extensions["handslag-database"]
    with database.reading() as connection:
        counted = count_mails(connection)
    counts = Counter({one.status: 0 for one in counted})
    for one in counted:
        counts[one.status] += one.number
    mails = mailbox.mails() if mailbox else []
    pages = max(1, -(-len(mails) // PAGE_SIZE))
    page = min(page_number(request.args), pages)
    return render_template(
        "deliveries/mailbox.html",
        mails=mails[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        total=len(mails),
        page=page,
        pages=pages,
        counts=counts,
        kept=list_kept(counted),
        server=None if mailbox else hide_password(settings.smtp),
    )


@blueprint.post("/mailbox/retry")
@access("staff")
def retry_page() -> AnyResponse:
    """Have all unsent mails tried again now, or those that one reason keeps, and show the mailbox."""
    clock: Clock = current_app.config["CLOCK"]
    database: Database = current_app.extensions["handslag-database"]
    with database.writing() as connection:
        number = retry_deliveries(connection, clock(), request.form.get("reason") or None)
    flash(ngettext("%(num)d mail is tried again now.", "%(num)d mails are tried again now.", number))
    return redirect(url_for("mailbox.mailbox_page"), 303)


@blueprint.get("/mailbox/<mail_id>")
@access("staff")
def mail_page(mail_id: str) -> str:
    """Show one mail: its headers, its text, and its HTML in a frame that can do nothing."""
    mail = _read(mail_id)
    names = ("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language")
    headers = [(name, shown) for name in names if (shown := shown_header(mail, name))]
    return render_template(
        "deliveries/mail.html", mail_id=mail_id, headers=headers, text=_part(mail, "plain")
    )


@blueprint.get("/mailbox/<mail_id>/html")
@access("staff")
def mail_html(mail_id: str) -> Response:
    """Serve a mail's HTML part for the frame."""
    response = Response(_part(_read(mail_id), "html"), mimetype="text/html")
    response.headers["Content-Security-Policy"] = HTML_POLICY
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/mailbox/<mail_id>.eml")
@access("staff")
def mail_file(mail_id: str) -> Response:
    """Hand out a mail as the file that it is."""
    content = _mailbox().read_bytes(mail_id)
    if content is None:
        raise Problem(404, "There is no such mail in the mailbox.")
    response = Response(content, mimetype="message/rfc822")
    response.headers["Content-Disposition"] = f'attachment; filename="{mail_id}.eml"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _mailbox() -> Mailbox:
    mailbox = mailbox_of(current_app.config["SETTINGS"])
    if mailbox is None:
        raise Problem(404, "There is no mailbox here: mails go to the mail server that HANDSLAG_SMTP names.")
    return mailbox


def _read(mail_id: str) -> EmailMessage:
    mail = _mailbox().read(mail_id)
    if mail is None:
        raise Problem(404, "There is no such mail in the mailbox.")
    return mail


def _part(mail: EmailMessage, subtype: str) -> str:
    part = mail.get_body((subtype,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""
