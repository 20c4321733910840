"""Erasing, replaying, rebuilding and restoring what matching keeps."""
