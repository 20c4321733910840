"""Settings are read and checked in one place."""

from pathlib import Path

import pytest

from shared.settings import (
    SettingsError,
    describe_settings,
    hide_password,
    read_settings,
    unknown_settings,
)


def test_without_any_variable_everything_lives_under_var() -> None:
    settings = read_settings({})
    assert settings.state_dir == Path("var")
    assert settings.event_log == "sqlite:///var/events"
    assert settings.host == "127.0.0.1"
    assert settings.smtp == "mailbox:"


def test_the_state_directory_moves_everything_that_is_not_named_itself() -> None:
    settings = read_settings(
        {"HANDSLAG_STATE_DIR": "/srv/h", "HANDSLAG_MATCHING_DATABASE": "sqlite:////tmp/m.sqlite"}
    )
    assert settings.profiles_database == "sqlite:////srv/h/profiles.sqlite"
    assert settings.matching_database == "sqlite:////tmp/m.sqlite"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HANDSLAG_EVENT_LOG", "redis://x"),
        ("HANDSLAG_EVENT_LOG", "kafka://"),
        ("HANDSLAG_PORT", "80a"),
        ("HANDSLAG_PORT", "70000"),
        ("HANDSLAG_SMTP", "mail.example.org"),
        ("HANDSLAG_MAIL_FROM", "nobody"),
        ("HANDSLAG_MAIL_FROM", "a@b.se\r\nBcc: c@d.se"),
        ("HANDSLAG_SECRET_KEY", "short"),
        ("HANDSLAG_TOPIC_PREFIX", "a b"),
        ("HANDSLAG_DEFAULT_LANGUAGE", "fi"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_setting(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({name: value})
    assert [problem for problem in refused.value.problems if problem.startswith(name)]


def test_all_wrong_values_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"HANDSLAG_PORT": "x", "HANDSLAG_SMTP": "y"})
    assert len(refused.value.problems) == 2


def test_a_misspelt_setting_is_pointed_out() -> None:
    assert unknown_settings({"HANDSLAG_STAF_TOKEN": "x", "PATH": "y"}) == [
        "HANDSLAG_STAF_TOKEN is no setting of ours; `handslag settings` lists them all"
    ]


def test_secrets_and_passwords_are_not_shown() -> None:
    shown, _ = describe_settings(
        {
            "HANDSLAG_SECRET_KEY": "abcdefghijklmnopq",
            "HANDSLAG_SMTP": "smtp://user:hunter2@mail.example.org:587",
        }
    )
    text = " ".join(value for _, value in shown)
    assert "abcdefghijklmnopq" not in text
    assert "hunter2" not in text
    assert "smtp://user:***@mail.example.org:587" in text


def test_a_mail_sender_is_not_taken_for_a_password() -> None:
    assert hide_password("Match: making <m@example.org>") == "Match: making <m@example.org>"
