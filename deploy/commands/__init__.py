"""The subcommands of `handslag`."""
