"""Operations on arrays: what whole numbers of any size would give, in arrays as narrow as the ranges allow, and none that runs over."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.engine.arrays.program import Arr, Beyond, Program, const, kind_for
from bangfu.engine.arrays.runtime import NAMES, Groups
from tests.examples import few

EDGES = [-(2**40), -(2**31) - 1, -(2**15) - 1, -8192, -1, 0, 1, 12, 8191, 2**15 - 1, 2**15, 2**31 - 1, 2**31, 2**40]
SIGNS = ["+", "-", "*", "//", "&", "|"]


def truncated(a: int, b: int) -> int:
    """SQL's quotient; of a divisor of 0 nobody asks."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1) if b else 0


EXACT: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": truncated,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
}
MADE: dict[str, Callable[[Program, Arr, Arr], Arr]] = {
    "+": Program.add,
    "-": Program.sub,
    "*": Program.mul,
    "//": Program.divide,
    "&": Program.bits_and,
    "|": Program.bits_or,
}
numbers = st.one_of(st.sampled_from(EDGES), st.integers(-(2**20), 2**20))
rows = st.lists(numbers, min_size=4, max_size=4)


def array_of(name: str, values: list[int]) -> tuple[Arr, Any]:
    kind = kind_for(min(values), max(values))
    return Arr(name, min(values), max(values), kind), np.array(values, kind)


def ran(program: Program, arr: Arr, given_: dict[str, Any]) -> Any:
    names = {**NAMES, **given_}
    with np.errstate(all="ignore"):
        exec(program.text({}, [arr.name]), names)
    return names[arr.name]


@few(200)
@given(rows, rows, st.lists(st.tuples(st.sampled_from(SIGNS), st.booleans()), min_size=1, max_size=4))
def test_a_chain_of_operations_gives_what_whole_numbers_give_or_is_not_taken_on(
    left: list[int], right: list[int], chain: list[tuple[str, bool]]
) -> None:
    program = Program()
    (a, of_a), (b, of_b) = array_of("left", left), array_of("right", right)
    made, exact = a, list(left)
    try:
        for sign, turned in chain:
            made = MADE[sign](program, *((b, made) if turned else (made, b)))
            exact = [EXACT[sign](*((y, x) if turned else (x, y))) for x, y in zip(exact, right, strict=True)]
    except Beyond:
        return
    # What was divided by 0 is nobody's answer, and may be anything afterwards.
    asked = [n for n in range(4) if 0 not in (right[n], left[n])] if any(s == "//" for s, _ in chain) else range(4)
    found = ran(program, made, {"left": of_a, "right": of_b})
    assert [int(found[n]) for n in asked if exact[n] in range(made.lo, made.hi + 1)] == [exact[n] for n in asked]


@few(200)
@given(st.lists(st.booleans(), min_size=4, max_size=4), rows, rows, st.sampled_from(["", "left", "right", "both"]))
def test_of_two_numbers_each_row_gets_the_one_that_it_is_to_have(
    when: list[bool], left: list[int], right: list[int], constant: str
) -> None:
    program = Program()
    sides, given_ = [], {"when": np.array(when)}
    for name, values in (("left", left), ("right", right)):
        if constant in (name, "both"):
            values[:] = [values[0]] * len(values)
            sides.append(const(values[0]))
        else:
            arr, given_[name] = array_of(name, values)
            sides.append(arr)
    made = program.where("when", *sides)
    found = [made.lo] * 4 if made.constant else list(map(int, ran(program, made, given_)))
    assert found == [a if yes else b for yes, a, b in zip(when, left, right, strict=True)]
    assert all(made.lo <= number <= made.hi for number in found)


@few(100)
@given(rows, rows, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
def test_comparing_is_right_of_every_width_and_where_ranges_settle_it(
    left: list[int], right: list[int], sign: str
) -> None:
    program = Program()
    (a, of_a), (b, of_b) = array_of("left", left), array_of("right", right)
    said = program.compare(sign, a, b)
    found = [said] * 4 if isinstance(said, bool) else list(ran(program, Arr(said, 0, 1), {"left": of_a, "right": of_b}))
    assert found == [eval(f"{x} {sign} {y}") for x, y in zip(left, right, strict=True)]


def test_what_does_not_fit_into_eight_bytes_is_beyond() -> None:
    with pytest.raises(Beyond):
        Program().mul(Arr("a", 0, 2**40, "int64"), Arr("b", 0, 2**40, "int64"))


def test_the_same_operation_is_made_once_and_what_nobody_needs_is_not_made() -> None:
    program = Program()
    a = Arr("a", 0, 9, "int16")
    program.mul(a, const(7))
    twice = program.add(program.add(a, const(1)), program.add(a, const(1)))
    assert program.text({"a": "1"}, [twice.name]) == "a = 1\nv1 = a + 1\ndel a\nv2 = v1 + v1\ndel v1"


def test_a_yes_no_and_its_opposite_settle_each_other() -> None:
    program = Program()
    assert program.both("a", program.no("a")) is False
    assert program.either("a", "b", program.no("a")) is True
    assert program.no(program.no("a")) == "a"
    assert program.both(program.both("a", "b"), "a") == program.both("b", "a")


@few(100)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-9, 9)), max_size=12))
def test_groups_give_each_number_its_sum_and_the_others_nothing(pairs: list[tuple[int, int]]) -> None:
    pairs.sort(key=lambda pair: pair[0])
    groups = Groups(np.array([n for n, _ in pairs], np.int32), 6)
    values = np.array([v for _, v in pairs], np.int16)
    assert list(groups.add(values)) == [sum(v for n, v in pairs if n == number) for number in range(6)]
    assert list(groups.present) == [number in dict(pairs) for number in range(6)]
    assert groups.add(values).dtype == np.int16
    assert list(groups.add(np.int16(2))) == [2 * sum(n == number for n, _ in pairs) for number in range(6)]


def test_rows_that_do_not_stand_together_are_not_added_up() -> None:
    with pytest.raises(Beyond):
        Groups(np.array([1, 0, 1], np.int32), 2)
