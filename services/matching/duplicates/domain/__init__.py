"""Names made comparable, pairs worth comparing, the reasons in words."""
