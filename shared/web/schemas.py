"""Schemas that the APIs of several services are made of."""

from __future__ import annotations

from marshmallow import RAISE, Schema


class Strict(Schema):
    """A body whose unknown fields are errors."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE
