"""The collector of garbage is set aside for a while, and works again whatever ends that."""

import gc

import pytest

from bangfu.kernel.collecting import uncollected


def test_it_works_again_after_a_failure_and_stays_off_where_it_was() -> None:
    with pytest.raises(ValueError, match="broken"), uncollected():
        int("broken")
    assert gc.isenabled()
    with uncollected():
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
