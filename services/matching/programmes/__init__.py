"""The sessions of a visit: made, pinned, mended, shown as a calendar."""
