"""The schemas that submissions are checked by, whether they come over HTTP or in a file."""
