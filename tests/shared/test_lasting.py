from __future__ import annotations

import gc

import pytest

from shared.lasting import making_what_lasts


def test_the_collector_rests_while_a_block_makes_what_lasts_and_goes_on_after_it() -> None:
    assert gc.isenabled()
    with making_what_lasts():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_goes_on_after_an_import_that_failed() -> None:
    with pytest.raises(ModuleNotFoundError), making_what_lasts():
        import no_such_module  # type: ignore[import-not-found]  # noqa: F401
    assert gc.isenabled()


def test_within_another_block_it_rests_until_the_outer_one_ends() -> None:
    with making_what_lasts():
        with making_what_lasts():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
