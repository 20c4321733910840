"""Why a company was not chosen for a request."""
