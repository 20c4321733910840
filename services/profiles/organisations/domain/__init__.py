"""The states of profiles and what their fields may say."""
