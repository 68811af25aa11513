"""Whatever bytes a register is made of, it is read or refused with words; nothing else ever comes out."""

import re
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from bangfu.kernel.errors import DomainError, RegisterRefused
from tests.engine.register.paper import read, small, write_csv, write_parquet, write_workbook
from tests.examples import few

# Each example reads a register twice; the explore profile looks for trouble, the others only keep watch.
CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(["flip", "cut", "put", "twice"]),
        st.binary(min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=6,
)


def mutated(data: bytes, changes: list[tuple[float, str, bytes]]) -> bytes:
    for where, how, extra in changes:
        at = int(where * len(data))
        if how == "flip":
            data = data[:at] + extra + data[at + len(extra) :]
        elif how == "cut":
            data = data[:at] + data[at + len(extra) * 7 :]
        elif how == "put":
            data = data[:at] + extra + data[at:]
        else:
            data = data[:at] + data[max(0, at - 40) : at] + data[at:]
    return data


def end_is_decent(path: Path) -> None:
    """Read it; either tables come out, or a refusal that speaks both languages."""
    for skip in (False, True):
        try:
            con, report = read(path, skip_bad_rows=skip)
        except DomainError as error:
            refused = error
        else:
            assert con.execute("SELECT count(*) FROM household").fetchone() == (report.counts["household"],)
            con.close()
            continue
        assert refused.text.zh
        assert refused.text.en
        if isinstance(refused, RegisterRefused):
            assert refused.total >= len(refused.faults) > 0
            assert all(fault.reason.zh and fault.reason.en for fault in refused.faults)


def _small_files() -> dict[str, bytes]:
    with TemporaryDirectory() as folder:
        csv = write_csv(Path(folder) / "csv", small(), label=True) / "收支.csv"
        parquet = write_parquet(Path(folder) / "parquet", small()) / "ledger.parquet"
        book = write_workbook(Path(folder) / "r.xlsx", small())
        return {"csv": csv.read_bytes(), "parquet": parquet.read_bytes(), "xlsx": book.read_bytes()}


FILES = _small_files()


@few(4)
@given(CHANGES)
def test_any_csv_file_ends_decently(changes):
    with TemporaryDirectory() as folder:
        write_csv(Path(folder), small(), label=True)
        (Path(folder) / "收支.csv").write_bytes(mutated(FILES["csv"], changes))
        end_is_decent(Path(folder))


@few(4)
@given(
    st.text(st.sampled_from('户编号,\n\r"\0\ufeff；A1.-\ud7ff甲 \t'), max_size=60),
    st.sampled_from(["utf-8", "gb18030", "utf-16"]),
)
def test_any_text_ends_decently(text, encoding):
    with TemporaryDirectory() as folder:
        write_csv(Path(folder), small())
        head = "household_id,year,item,amount"
        (Path(folder) / "ledger.csv").write_bytes((head + text).encode(encoding, "ignore"))
        end_is_decent(Path(folder))


@few(4)
@given(CHANGES)
def test_any_parquet_file_ends_decently(changes):
    with TemporaryDirectory() as folder:
        write_parquet(Path(folder), small())
        (Path(folder) / "ledger.parquet").write_bytes(mutated(FILES["parquet"], changes))
        end_is_decent(Path(folder))


@few(4)
@given(CHANGES)
def test_any_workbook_file_ends_decently(changes):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "r.xlsx"
        path.write_bytes(mutated(FILES["xlsx"], changes))
        end_is_decent(path)


@few(4)
@given(st.data())
def test_any_xml_in_a_workbook_ends_decently(data):
    """Most changed bytes of a zip fail its checksum, so the parts are changed and packed again."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "r.xlsx"
        path.write_bytes(FILES["xlsx"])
        with zipfile.ZipFile(path) as old:
            parts = {name: old.read(name) for name in old.namelist()}
        name = data.draw(st.sampled_from(sorted(n for n in parts if n.startswith("xl/"))))
        if data.draw(st.booleans()):
            parts[name] = mutated(parts[name], data.draw(CHANGES))
        else:
            parts[name] = _with_other_value(parts[name], data)
        with zipfile.ZipFile(path, "w") as new:
            for part, content in parts.items():
                new.writestr(part, content)
        end_is_decent(path)


def _with_other_value(xml: bytes, data: st.DataObject) -> bytes:
    """One attribute or text of the XML replaced by something that a program might choke on."""
    places = list(re.finditer(rb'(?<=")[^"<>]*(?=")|(?<=>)[^<>]+(?=<)', xml))
    place = data.draw(st.sampled_from(places))
    odd = [
        b"",
        b"-1",
        b"0",
        b"99999999999999999999",
        b"A0",
        b"XFD1048577",
        b"1e999",
        b"NaN",
        b"&#0;",
        b"\xff",
        b"s",
        b"e",
        b"d",
        b"../../x",
    ]
    return xml[: place.start()] + data.draw(st.sampled_from(odd)) + xml[place.end() :]
