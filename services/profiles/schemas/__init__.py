"""The schemas that submissions are checked by, whether they come over HTTP or in a file."""

from services.profiles.schemas.profiles import NEW, WHOLE, example

__all__ = ["NEW", "WHOLE", "example"]
