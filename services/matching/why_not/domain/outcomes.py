"""What can become of a company under a need, and the gates that only the whole selection knows."""

from __future__ import annotations

SUGGESTED, INTRODUCED, REJECTED, NOT_CHOSEN = "suggested", "introduced", "rejected", "not_chosen"
OUTCOMES = (SUGGESTED, INTRODUCED, REJECTED, NOT_CHOSEN)

NONE_SOUND = "none_sound"
"""The gate of a company that would be named, had any answered the need clearly enough."""
OUTDATED = "changed_since"
"""The gate of a company that would be named by now."""
