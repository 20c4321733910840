"""What staff decide on a report: approve, reject, cancel, lift an exclusion."""
