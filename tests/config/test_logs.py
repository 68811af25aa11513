"""Nothing that identifies a person leaves through the log, whichever way it came in."""

import logging
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.config.logs import Redacting, redacted

NUMBERS = [
    "110101199003071234",
    "11010119900307123X",
    "110101900307123",
    "6222021234567890",
    "6222 0212 3456 7890 123",
    "13800138000",
    "+86 138-0013-8000",
    "１３８００１３８０００",
]


def line(message: str, *args: object, **extra: object) -> str:
    record = logging.LogRecord("bangfu", logging.ERROR, "x.py", 1, message, args, None)
    record.__dict__.update(extra)
    return Redacting().format(record)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_gone_from_message_arguments_and_exception(number: str) -> None:
    try:
        raise ValueError(f"bad number {number}")
    except ValueError:
        record = logging.LogRecord("bangfu", logging.ERROR, "x.py", 1, f"at {number}: %s", (number,), sys.exc_info())
    said = Redacting().format(record)
    assert number not in said
    assert number[-8:] not in said
    assert "ValueError: bad number" in said


@given(st.from_regex(r"[1-9][0-9]{10,18}", fullmatch=True), st.text(max_size=5), st.text(max_size=5))
def test_no_long_number_survives_whatever_stands_beside_it(number: str, before: str, after: str) -> None:
    assert number not in redacted(before + number + after)


@pytest.mark.parametrize("kept", ["took 1234567890 ms", "2017-05-04 09:30:15", "account:7", "371102009"])
def test_what_is_shorter_than_a_telephone_number_stays(kept: str) -> None:
    assert redacted(kept) == kept


def test_the_row_that_a_database_shows_is_gone() -> None:
    said = redacted("duplicate key value\nDETAIL:  Key (name)=(张三) already exists.\nCONTEXT: x")
    assert "张三" not in said
    assert said.startswith("duplicate key value\nDETAIL: […]\n")


def test_no_line_of_a_row_is_left_and_all_that_is_no_row_is() -> None:
    row = "new row violates x\nDETAIL:  Failing row contains (7, 张三\n\n李四的病).\nHINT:  look"
    value = 'too long\nCONTEXT:  COPY t, line 1, column name: "王五"\n'
    try:
        try:
            raise ValueError(row)
        except ValueError as problem:
            raise OSError(value) from problem
    except OSError:
        said = Redacting().format(logging.LogRecord("bangfu", logging.ERROR, "x.py", 1, "at", (), sys.exc_info()))
    assert not any(name in said for name in ("张三", "李四", "王五"))
    assert all(kept in said for kept in ("violates x", "HINT:  look", "direct cause", "OSError: too long"))


def test_one_event_is_one_line() -> None:
    said = line("asked for %s", "a\r\n2017-05-04 09:30:00,000 INFO bangfu all is well\u2028\x1b[2J")
    assert len(said.splitlines()) == 1
    assert "\x1b" not in said


def test_an_error_bears_the_number_that_a_person_was_told() -> None:
    assert "[abc]" in line("Internal Server Error", request=SimpleNamespace(incident="abc"))
