"""The collector of garbage is set aside for a while, and works again whatever ends that."""

import gc

import pytest

from bangfu.kernel.collecting import set_aside, uncollected


def test_it_works_again_after_a_failure_and_stays_off_where_it_was() -> None:
    with pytest.raises(ValueError, match="broken"), uncollected():
        int("broken")
    assert gc.isenabled()
    with uncollected():
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_is_there_is_set_aside_while_that_lasts_unless_another_did_so_before() -> None:
    gc.unfreeze()
    try:
        with set_aside():
            assert gc.get_freeze_count() > 0
        assert gc.get_freeze_count() == 0
        with pytest.raises(ValueError, match="broken"), set_aside():
            int("broken")
        assert gc.get_freeze_count() == 0
        gc.freeze()
        with set_aside():
            pass
        assert gc.get_freeze_count() > 0
    finally:
        # As conftest has it.
        gc.freeze()
