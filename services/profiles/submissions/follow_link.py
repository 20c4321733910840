"""The link by which a sender follows a submission: who has it may see and withdraw that one, and nothing else."""

from __future__ import annotations

import hashlib

from flask import current_app, url_for

from services.profiles.submissions.domain.submission import Submission
from shared.settings.registry import Settings
from shared.web.sender import keyed_digest

NOT_KEPT = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
"""Headers of everything that a follow link opens, or that holds one."""


def follow_token(id: str) -> str:
    """Return the token of a submission's follow link; only its digest is kept."""
    return keyed_digest("follow", id)


def token_digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def digest_of(id: str) -> str:
    """Return the digest of the token of a submission's follow link."""
    return token_digest(follow_token(id))


def follow_link(submission: Submission) -> str:
    """Return the whole address of the page that shows a submission to its sender."""
    settings: Settings = current_app.config["SETTINGS"]
    path = url_for("submission_doors.follow", token=follow_token(submission.id))
    return f"{settings.base_url.rstrip('/')}{path}"
