"""A book that was read is kept for processes to come, for the very text it was made of and no other."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from bangfu.rulebook import kept, load
from bangfu.rulebook.book import Book
from bangfu.rulebook.kept import read_book, shipped_rules
from bangfu.rulebook.load import load_book
from bangfu.rulebook.source import BookRefused
from tests.examples import first_of

LINE = "- {id: poverty_line, values: [{value: 4000, year: 2017}]}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where books are kept in a test: nobody else's are there, and none is to begin with."""
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "kept"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return kept._place([]).parent


@pytest.fixture
def layers(tmp_path: Path) -> list[Path]:
    parameters = tmp_path / "local" / "parameters"
    parameters.mkdir(parents=True)
    (parameters / "local.yaml").write_text(LINE, encoding="utf-8")
    return [shipped_rules(), tmp_path / "local"]


def poverty_line(book: Book) -> object:
    return book.parameters["poverty_line"].values[-1].value


def kept_in(folder: Path) -> list[Path]:
    return sorted(folder.glob("*")) if folder.is_dir() else []


def forbid_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_: object) -> Book:
        raise AssertionError("read anew")

    monkeypatch.setattr(load, "load_book", read)


def keep_others(layers: list[Path], folder: Path, times: range) -> None:
    """One after the other, each as of another time long ago; after each the layers' own is asked for."""
    book = load_book(layers)
    for n in times:
        path = folder / f"{n:02d}.book"
        kept._keep(book, path)
        os.utime(path, (n, n))
        read_book(layers)


def test_a_kept_book_is_the_one_that_reading_its_layers_makes(
    layers: list[Path], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_book(layers) == load_book(layers)
    assert len(kept_in(folder)) == 1
    made = load_book(layers)
    forbid_reading(monkeypatch)
    assert read_book(layers) == made


def test_a_process_that_finds_a_book_kept_loads_nothing_that_reads_one(tmp_path: Path) -> None:
    asked = "import sys; from bangfu.rulebook.kept import shipped_book; shipped_book(); print('sqlglot' in sys.modules)"
    here = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def told() -> str:
        return subprocess.run(
            [sys.executable, "-c", asked],
            env={**here, "PYTHONPYCACHEPREFIX": str(tmp_path / "other")},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    assert [told(), told()] == ["True", "False"]


def test_a_changed_layer_is_read_anew(layers: list[Path], folder: Path) -> None:
    assert poverty_line(read_book(layers)) == 400_000
    (layers[1] / "parameters" / "local.yaml").write_text(LINE.replace("4000", "4100"), encoding="utf-8")
    assert poverty_line(read_book(layers)) == 410_000
    assert len(kept_in(folder)) == 2


def test_a_file_that_no_rule_is_read_from_is_seen_though_the_book_without_it_is_kept(layers: list[Path]) -> None:
    read_book(layers)
    (layers[1] / "parameters" / "more.yaml.txt").write_text(LINE, encoding="utf-8")
    with pytest.raises(BookRefused, match=r"more\.yaml\.txt"):
        read_book(layers)


def test_a_note_beside_the_rules_is_no_part_of_the_layer(layers: list[Path], folder: Path) -> None:
    read_book(layers)
    (layers[1] / "README.md").write_text("why", encoding="utf-8")
    read_book(layers)
    assert len(kept_in(folder)) == 1


def test_the_same_layer_under_another_name_is_another_book(layers: list[Path]) -> None:
    read_book(layers)
    other = layers[1].rename(layers[1].with_name("elsewhere"))
    assert read_book([layers[0], other]).layers[1].name == "elsewhere"


def test_a_book_kept_by_another_program_does_not_count(layers: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    read_book(layers)
    monkeypatch.setattr(kept, "_digest_of_program", lambda: "another")
    forbid_reading(monkeypatch)
    with pytest.raises(AssertionError, match="read anew"):
        read_book(layers)


@pytest.mark.parametrize("left", first_of(3, [0, 65, -1, 1, 64, 66, 1000]))
def test_a_book_of_which_only_a_part_was_written_is_read_anew(layers: list[Path], folder: Path, left: int) -> None:
    made = read_book(layers)
    (file,) = kept_in(folder)
    whole = file.read_bytes()
    file.write_bytes(whole[:left])
    assert read_book(layers) == made
    assert file.read_bytes() == whole


def test_a_book_in_which_a_byte_was_changed_is_read_anew(layers: list[Path], folder: Path) -> None:
    made = read_book(layers)
    (file,) = kept_in(folder)
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)
    assert read_book(layers) == made


def test_a_book_with_faults_is_refused_each_time_and_not_kept(layers: list[Path], folder: Path) -> None:
    (layers[1] / "parameters" / "local.yaml").write_text("- {id: no_such, values: []}\n", encoding="utf-8")
    with pytest.raises(BookRefused, match="no_such"):
        read_book(layers)
    with pytest.raises(BookRefused, match="no_such"):
        read_book(layers)
    assert kept_in(folder) == []


def test_a_book_of_files_that_were_written_to_meanwhile_is_not_kept(
    layers: list[Path], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(folders: list[Path]) -> Book:
        (layers[1] / "parameters" / "local.yaml").write_text(LINE.replace("4000", "4100"), encoding="utf-8")
        return load_book(folders)

    monkeypatch.setattr(load, "load_book", read)
    assert poverty_line(read_book(layers)) == 410_000
    assert kept_in(folder) == []


def test_where_nothing_can_be_kept_each_process_reads(layers: list[Path], folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder would be", encoding="utf-8")
    assert read_book(layers) == load_book(layers)


def test_a_disk_that_is_full_keeps_no_part_of_one(layers: list[Path], folder: Path) -> None:
    read_book(layers)
    (file,) = kept_in(folder)
    file.unlink()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        assert read_book(layers) == load_book(layers)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert kept_in(folder) == []


def test_whoever_wants_no_byte_code_written_has_no_book_kept(
    layers: list[Path], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    read_book(layers)
    assert kept_in(folder) == []


def test_of_many_books_those_are_kept_that_were_asked_for_last(layers: list[Path], folder: Path) -> None:
    read_book(layers)
    (first,) = kept_in(folder)
    keep_others(layers, folder, range(12))
    assert [path for path in kept_in(folder) if path != first] == [folder / f"{n:02d}.book" for n in range(5, 12)]
    assert first.exists()


def test_a_kept_book_may_be_read_by_whoever_may_read_the_program(layers: list[Path], folder: Path) -> None:
    read_book(layers)
    (file,) = kept_in(folder)
    assert file.stat().st_mode & 0o777 == Path(kept.__file__).stat().st_mode & 0o666
