"""Facts are laid beside whom they are of, whoever is missing on either side."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bangfu.registry.beside import Order

NUMBERS = st.lists(st.integers(0, 30), unique=True, max_size=12)


@given(ids=NUMBERS, things=NUMBERS, far=st.integers(0, 2**40))
def test_each_thing_is_found_where_it_stands_and_nothing_where_it_does_not(ids, things, far):
    order = Order(np.array([far + each for each in ids], np.int64))
    found = order.found_in(np.array([far + each for each in things], np.int64))
    assert found.to_pylist() == [things.index(each) if each in things else None for each in ids]
