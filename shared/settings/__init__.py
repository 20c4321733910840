"""Every setting there is, read and checked in one place."""
