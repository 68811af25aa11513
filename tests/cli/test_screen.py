"""What the screen makes of texts, tables, faults and terminals that lack a letter."""

import io
import json
import sys

import pytest

from bangfu.cli.screen import FAULTS_ON_SCREEN, Screen, fault_line, width
from bangfu.kernel.errors import Fault, RegisterRefused
from bangfu.kernel.words import Lang, Text

REASON = Text("应为 1 或 2", "should be 1 or 2")


def fault(row: int = 2, *, table: str = "person", column: str = "sex", value: str = "x") -> Fault:
    return Fault(table, row, column, value, REASON)


@pytest.mark.parametrize(
    ("lang", "line"),
    [("zh", "人，第2行，性别，“x”：应为 1 或 2"), ("en", "Person, row 2, Sex, 'x': should be 1 or 2")],
)
def test_a_fault_names_table_row_column_value_and_what_would_be_right(lang: Lang, line: str) -> None:
    assert fault_line(fault(), lang) == line


def test_a_fault_of_a_whole_file_names_no_row() -> None:
    assert fault_line(fault(0, column="", value=""), "en") == "Person: should be 1 or 2"
    assert fault_line(fault(0, table="", column="", value=""), "zh") == "应为 1 或 2"


def test_a_cell_without_end_is_cut_on_the_screen() -> None:
    assert width(fault_line(fault(value="x" * 30_000), "en")) < 200


@pytest.mark.parametrize("value", ["a\nb", "a\r\nb", "a\x1b[31mb", "a\u2028b", "a\tb\x07"])
def test_a_cell_cannot_move_the_cursor_or_begin_a_line(value: str) -> None:
    line = fault_line(fault(value=value), "zh")
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert "a" in line
    assert "b" in line


HOSTILE = "a\x1b[31m\n\x9b2J\u2028\u202eb\x7f"


def test_what_a_register_holds_moves_no_cursor_wherever_it_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen("en")
    screen.notes([Text(HOSTILE, f"ignored column '{HOSTILE}'")])
    screen.table([[HOSTILE, "1"]])
    screen.problem(f"two\nlines {HOSTILE}")
    shown = capsys.readouterr()
    assert len(shown.out.split("\n")) == 3
    assert shown.out.replace("\n", "").isprintable()
    # What is said of a failure may be several lines; there a line more is all that can come of it.
    assert shown.err.startswith("two\nlines a\\x1b[31m\n")
    assert shown.err.replace("\n", "").isprintable()


def test_json_holds_the_same_text_and_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    Screen("en").json({"名": HOSTILE, "plane": "\U000e0001"})
    out = capsys.readouterr().out
    assert out.replace("\n", "").isprintable()
    assert '"名"' in out
    assert json.loads(out) == {"名": HOSTILE, "plane": "\U000e0001"}


def test_a_name_with_a_wide_space_in_it_is_shown_as_it_is_written_but_in_a_fault(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Screen("zh").table([["张　三"]])
    assert capsys.readouterr().out == "  张　三\n"
    assert "男\\u3000" in fault_line(fault(value="男　"), "zh")


@pytest.mark.parametrize("total", [1, FAULTS_ON_SCREEN, FAULTS_ON_SCREEN + 1, 2_000])
def test_the_first_faults_are_shown_and_the_rest_counted(total: int, capsys: pytest.CaptureFixture[str]) -> None:
    faults = [fault(n) for n in range(2, 2 + min(total, 1_000))]
    Screen("en").faults(RegisterRefused(faults, total))
    head, *lines = capsys.readouterr().err.splitlines()
    shown, more = lines[:FAULTS_ON_SCREEN], lines[FAULTS_ON_SCREEN:]
    assert f"{total} fault" in head
    assert len(shown) == min(total, FAULTS_ON_SCREEN)
    assert all(line.startswith("  Person, row ") for line in shown)
    assert more == ([f"  … and {total - 50:,} more; --errors FILE.csv writes them all."] if total > 50 else [])


def test_columns_line_up_whatever_the_letters(capsys: pytest.CaptureFixture[str]) -> None:
    Screen("zh").table([("户数", "403", "甲"), ("households", "1,234.50", "乙"), ("x",)])
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["  户数             403  甲", "  households  1,234.50  乙", "  x"]
    assert width(lines[0]) == width(lines[1])


def test_an_empty_table_is_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Screen("zh").table([])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("encoding", "marks"), [("utf-8", "✓✗?"), ("gbk", "√×?"), ("gb18030", "✓✗?"), ("cp1252", "+-?"), ("ascii", "+-?")]
)
def test_what_fails_never_looks_like_what_is_unknown(
    encoding: str, marks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    screen = Screen("zh")
    assert screen.mark(True) + screen.mark(False) + screen.mark(None) == marks


def test_a_line_of_progress_covers_the_longer_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    screen = Screen("zh")
    screen.progress(Text("很长很长的一行", ""))
    screen.progress(Text("短", ""))
    screen.clear()
    screen.clear()
    long, short = "很长很长的一行 …", "短 …"
    assert terminal.getvalue() == (f"\r{long}\r{short}{' ' * (width(long) - width(short))}\r{' ' * width(short)}\r")


def test_progress_is_silent_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen("zh")
    screen.progress(Text("写出结果", "Writing"))
    screen.clear()
    assert capsys.readouterr().err == ""
