"""The REST API of profiles, under `/api/v1`."""

from services.profiles.api.errors import handle_profile_errors
from services.profiles.api.views import blueprints

__all__ = ["blueprints", "handle_profile_errors"]
