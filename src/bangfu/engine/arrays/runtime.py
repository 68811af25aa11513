"""What a line of operations calls beside NumPy's own."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from bangfu.engine.arrays.program import Beyond
from bangfu.engine.arrays.relations import MOST_ROWS

Array = Any
_NOBODY = np.empty(0, np.intp)


def chosen(holds: Array) -> Array | None:
    """The places where it holds; None where it holds everywhere."""
    places = np.flatnonzero(holds)
    return None if len(places) == len(holds) else places


def nobody() -> Array:
    return _NOBODY


def taken(values: Array, places: Array | None) -> Array:
    return values if places is None else values.take(places)


def fetched(values: Array, places: Array) -> Array:
    """Values by their places; where there are none nobody asks for them."""
    return values.take(places) if len(values) else np.zeros(len(places), values.dtype)


def present(numbers: Array, size: int) -> Array:
    """Which of the numbers from 0 to size are among some."""
    made = np.zeros(size, np.bool_)
    made[numbers] = True
    return made


def scattered(values: Array, numbers: Array, size: int) -> Array:
    """Values by their rows' numbers, each of which is there once; 0 for the others."""
    if len(numbers) == size:
        return values
    made = np.zeros(size, values.dtype)
    made[numbers] = values
    return made


def divided(a: Array, b: Array) -> Array:
    """The quotient without its fraction, as SQL has it; NumPy's would be the next below."""
    quotient = np.abs(a) // np.abs(b)
    return np.where((a < 0) == (b < 0), quotient, -quotient)


class Groups:
    """Rows that share a number, which stand together and in the order of the numbers."""

    def __init__(self, numbers: Array, size: int) -> None:
        self._size, self._rows = size, len(numbers)
        if len(numbers):
            steps = np.diff(numbers)
            if len(steps) and steps.min() < 0:
                raise Beyond("rows that do not stand together")
            self._starts = np.concatenate(([0], np.flatnonzero(steps) + 1))
            self._numbers = numbers[self._starts]
            most = np.diff(np.append(self._starts, len(numbers))).max()
            if most > MOST_ROWS:
                raise Beyond("more rows of one household than are added up")
        else:
            self._starts = self._numbers = _NOBODY

    @cached_property
    def present(self) -> Array:
        return present(self._numbers, self._size)

    def _joined(self, by: np.ufunc, values: Array) -> Array:
        if not len(self._starts):
            return np.zeros(self._size, values.dtype)
        if np.ndim(values) == 0:
            values = np.broadcast_to(values, (self._rows,))
        # Rows of a year, or of an item, are most often one for each number: there is nothing to join.
        alone = len(self._starts) == self._rows
        joined = values if alone else by.reduceat(values, self._starts, dtype=values.dtype)
        return scattered(joined, self._numbers, self._size)

    def add(self, values: Array) -> Array:
        return self._joined(np.add, values)

    def bitwise_or(self, values: Array) -> Array:
        return self._joined(np.bitwise_or, values)

    def bitwise_and(self, values: Array) -> Array:
        return self._joined(np.bitwise_and, values)

    def minimum(self, values: Array) -> Array:
        return self._joined(np.minimum, values)

    def maximum(self, values: Array) -> Array:
        return self._joined(np.maximum, values)

    def some(self, holds: Array) -> Array:
        return self._joined(np.logical_or, holds)


class Coded:
    """Rows that share a number and a code, in the order of the numbers."""

    def __init__(self, numbers: Array, codes: Array) -> None:
        self._order = np.lexsort((codes, numbers))
        numbers, codes = numbers[self._order], codes[self._order]
        new = np.ones(len(numbers), np.bool_)
        new[1:] = (numbers[1:] != numbers[:-1]) | (codes[1:] != codes[:-1])
        self._starts = np.flatnonzero(new)
        self.numbers, self.codes = numbers[self._starts], codes[self._starts]

    def _joined(self, by: np.ufunc, values: Array) -> Array:
        if not len(self._starts):
            return np.zeros(0, values.dtype)
        return by.reduceat(values[self._order], self._starts, dtype=values.dtype)

    def add(self, values: Array) -> Array:
        return self._joined(np.add, values)

    def some(self, holds: Array) -> Array:
        return self._joined(np.logical_or, holds)


NAMES: dict[str, Callable[..., Any]] = {
    **{f.__name__: f for f in (chosen, nobody, taken, fetched, present, scattered, divided)},
    "grouped": Groups,
    "Coded": Coded,
    **{
        name: getattr(np, name) for name in ("minimum", "maximum", "bitwise_count", "arange", "int16", "int32", "int64")
    },
}
