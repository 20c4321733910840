"""How the services are put together: the `handslag` command and what runs on one machine."""
