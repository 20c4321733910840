"""Organisations that may be one and the same: names made comparable, pairs worth comparing, the reasons in words."""
