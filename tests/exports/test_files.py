"""What an exported file holds: the register as it was, no formula, marks that lead back, and nothing that somebody may not see."""

import struct
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from bangfu.exports.marks import ALPHABET, CODE, Marking, codes_in, new_code
from bangfu.exports.picture import picture_of
from bangfu.exports.services.deciding import approve
from bangfu.kernel.errors import DomainError
from bangfu.registry.imports import Order, planned, workbench
from bangfu.registry.models import Person
from bangfu.registry.services.procedures import Event, split_household
from bangfu.registry.services.receipts import NewReceipt, record_receipt
from tests.examples import few
from tests.exports.conftest import AS_OF, Office, cells
from tests.organisation import TODAY
from tests.registry.test_imports import Tables, changed

HOSTILE = (
    "=1+1", "+86", "-1", "@SUM(A1)", "'甲", "＝1+1", "＋1", "－1", "＠甲", "=cmd|' /C calc'!A0", "_x0041_", "<b>&amp;\"", "1E5", "0001", "TRUE",
    "مريم بنت", "שרה", "𠮷野𪚥", "乙👩🏽", "é", "甲" * 100, "https://example.org/甲", "a\u3000b", "甲,乙;丙",
)  # fmt: skip


def changes(office: Office, path: Path, day: date = AS_OF) -> list[tuple[Any, ...]]:
    """What bringing a file in would change."""
    with workbench() as con:
        planned(office.by("officer"), office.actor("officer"), Order(path, day, path.name, "0" * 64), con, print)
        return con.execute("FROM change ORDER BY ALL").fetchall()


def full(office: Office, day: date = AS_OF) -> Path:
    """A file with numbers, which the officer asks for and another agrees to."""
    export = office.ask("officer", place="371102", day=day, full_numbers=True)
    approve(office.by("second"), office.actor("second"), export)
    office.make(export)
    return office.take(export, "officer")


def test_what_was_brought_in_and_goes_out_changes_nothing_when_it_is_brought_in_again(office: Office) -> None:
    assert changes(office, office.taken()) == []
    assert changes(office, full(office)) == []


def test_the_numbers_stand_in_full_or_nowhere(office: Office) -> None:
    without, within = office.taken(), full(office)
    heads = cells(without, "人")[0]
    assert "证件号码" not in heads
    for part in parts(without).values():
        assert b"371102196003010010" not in part
    people = cells(within, "人")
    assert people[1][people[0].index("证件号码")] == "371102196003010010"
    assert people[2][people[0].index("证件号码")] == ""


def test_words_dates_and_amounts_are_what_they_are(office: Office) -> None:
    path = office.taken()
    book = openpyxl.load_workbook(path)
    household = {cell.value: cell for cell in book["户"][1]}
    row = {name: book["户"].cell(2, cell.column) for name, cell in household.items()}
    assert row["脱贫状态"].value == "未脱贫"
    assert row["其他致贫原因"].value == "因病;因残"
    assert (row["耕地"].value, row["耕地"].data_type) == (3.25, "n")
    assert book["户"].cell(3, household["脱贫日期"].column).value.date() == date(2016, 12, 1)
    assert (row["户编号"].value, row["户编号"].data_type) == ("H1", "s")
    assert (row["村代码"].value, row["村代码"].data_type) == ("371102008201", "s")
    ledger = [[cell.value for cell in line][:5] for line in book["收支"].iter_rows(min_row=2)]
    assert ledger == [["H1", None, 2016, "种植", 5001], ["H1", "P1", 2016, "低保金", 3000]]


def test_a_sheet_is_ready_to_be_read_filtered_and_printed(office: Office) -> None:
    book = openpyxl.load_workbook(office.taken())
    assert book.sheetnames == ["导出说明", "户", "人", "收支", "已享受政策"]
    for name in book.sheetnames[1:]:
        sheet = book[name]
        assert sheet.freeze_panes is not None
        assert sheet.auto_filter.ref.startswith("A1:")
        assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$1:$1")
        assert sheet.oddFooter.center.text == "&P / &N"
        assert min(sheet.column_dimensions[each].width for each in ("A", "B")) >= 8


def test_hostile_names_come_out_and_back_as_they_are(office: Office) -> None:
    tables = changed("person", 0)
    tables["person"] = [
        *tables["person"],
        *(
            {"person_id": f"Q{n:02}", "household_id": "H2", "name": name, "relation": "其他"}
            for n, name in enumerate(HOSTILE)
        ),
    ]
    office.desk.bring(tables)
    path = office.taken()
    assert [row[2] for row in cells(path, "人")[1:] if row[0].startswith("Q")] == list(HOSTILE)
    assert changes(office, path) == []
    book = openpyxl.load_workbook(path)
    assert "f" not in {cell.data_type for sheet in book for line in sheet.iter_rows() for cell in line}
    assert not any(b"<f>" in part or b"<f " in part for part in parts(path).values())


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


# ---- of which day, and of whom


def test_a_file_of_an_earlier_day_is_as_it_was(office: Office) -> None:
    office.desk.bring(changed("household", 0, house_grade="D"), date(2017, 6, 30))
    then, now = office.taken(), office.taken(day=date(2017, 6, 30))
    place = cells(now, "户")[0].index("住房鉴定等级")
    assert [cells(path, "户")[1][place] for path in (then, now)] == ["C级", "D级"]
    assert changes(office, now, date(2017, 6, 30)) == []


def test_who_has_left_takes_nothing_that_the_household_had(office: Office) -> None:
    org, household = office.org, office.desk.file("H1").id
    person = {p.number: p.pk for p in Person.objects.unscoped("test")}
    split_household(
        office.by(), office.actor(), Event(household, TODAY), "H9", ({person["P1"]: "head"}, {person["P2"]: "head"})
    )
    record_receipt(office.by(), org.actor("village"), household, NewReceipt("dibao", 2016, 100, None))
    path = office.taken(day=TODAY)
    assert {(row[0], row[1]) for row in cells(path, "收支")[1:]} == {("H1", "")}
    assert changes(office, path, TODAY) == []


def test_households_are_those_that_the_asker_sees_when_it_is_made(office: Office) -> None:
    assert [row[0] for row in cells(office.taken("village", place="371102008201"), "户")[1:]] == ["H1"]
    assert [row[0] for row in cells(office.taken("officer", place="371102008202"), "户")[1:]] == ["H2"]


# ---- brought back from wherever it went

CELL = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp")), max_size=100)


@st.composite
def registers(draw: st.DrawFn) -> Tables:
    """Registers with whatever may stand in a cell, of three households."""
    names = st.one_of(st.sampled_from(HOSTILE), CELL, st.just(""))
    days = st.dates(date(1990, 1, 1), date(2017, 3, 31)).map(str)
    born = st.dates(date(1880, 1, 1), date(2017, 3, 31)).map(str)
    yes = st.sampled_from(("", "是", "否"))
    yuan = st.integers(0, 9_999_999_999).map(lambda fen: f"{fen // 100}.{fen % 100:02d}")
    mu = st.integers(0, 999_999_999).map(lambda part: f"{part // 10_000}.{part % 10_000:04d}")
    tables: Tables = {"household": [], "person": [], "ledger": [], "receipt": []}
    for number in ("0001", "=2", "H3"):
        tables["household"].append(
            {
                "household_id": number,
                "village_code": draw(st.sampled_from(("371102008201", "371102008202"))),
                "status": draw(st.sampled_from(("poor", "exited", "relapsed"))),
                "other_causes": draw(st.sampled_from(("", "因病", "因病;因残"))),
                "water_safe": draw(yes),
                "cultivated_mu": draw(mu),
                "registered_on": draw(days),
                "planned_exit_year": draw(st.sampled_from(("", "1990", "2100"))),
            }
        )
        person = f"{number}-1"
        tables["person"].append(
            {
                "person_id": person,
                "household_id": number,
                "name": draw(names),
                "id_number": draw(st.sampled_from(("", "371102196003010010", "37110219600301001x", "110", "0" * 22))),
                "birth_date": draw(born),
                "relation": "户主",
                "tuition": draw(yuan),
                "dibao_member": draw(yes),
                "work_months": draw(st.sampled_from(("", "0", "12"))),
            }
        )
        tables["ledger"].append({"household_id": number, "person_id": draw(st.sampled_from(("", person))), "year": "2016", "item": "crop", "amount": draw(yuan)})  # fmt: skip
        tables["receipt"].append({"household_id": number, "person_id": person, "policy_id": "dibao", "year": "2017", "amount": draw(yuan)})  # fmt: skip
    return tables


@few(2)
@given(data=st.data())
def test_whatever_register_goes_out_changes_nothing_when_it_comes_back(bare: Office, data: st.DataObject) -> None:
    with transaction.atomic():
        bare.desk.bring(data.draw(registers()))
        path = full(bare)
        assert changes(bare, path) == []
        transaction.set_rollback(True)


# ---- marks


def test_each_file_leads_back_to_its_own_order(office: Office) -> None:
    for _ in range(3):
        export = office.ask()
        office.make(export)
        assert codes_in(office.take(export)) == [office.row(export).code]


def test_the_marks_are_where_people_and_where_only_programs_look(office: Office) -> None:
    path = office.taken(reason="核对 A&B&G 名单")
    code, held = codes_in(path)[0], parts(path)
    assert code.encode() in held["docProps/custom.xml"]
    assert (
        f'hidden="1">&quot;{code}&quot;'.encode() in held["xl/workbook.xml"]
        or f'hidden="1">"{code}"'.encode() in held["xl/workbook.xml"]
    )
    for number in range(1, 6):
        sheet = held[f"xl/worksheets/sheet{number}.xml"].decode()
        assert f"&amp;R{code}" in sheet
        assert "核对 A＆B＆G 名单" in sheet
        assert "<picture " in sheet
        assert "<legacyDrawingHF " in sheet
    about = {row[0]: row[1] for row in cells(path, "导出说明") if row[0]}
    assert (about["导出编号 Code"], about["申请人 Asked for by"]) == (code, "人subdistrict（subdistrict）")
    assert about["用途 Needed for"] == "核对 A&B&G 名单"


def leaked(path: Path, how: str) -> Path:
    """A file as it may turn up: rows taken out, saved anew, a sheet of it alone, its rows in another workbook."""
    book = openpyxl.load_workbook(path)
    out = path.with_name("leaked.xlsx")
    people = book["人"]
    if how == "rows":
        people.delete_rows(3, 10)
    if how == "one sheet":
        for name in book.sheetnames[:1] + book.sheetnames[1:2] + book.sheetnames[3:]:
            del book[name]
        book.defined_names.clear()
    if how == "copied rows":
        other = openpyxl.Workbook()
        for line in people.iter_rows(min_row=2):
            other.active.append([cell.value for cell in line])
        book = other
    if how == "no mark column":
        for name in book.sheetnames[1:]:
            book[name].delete_cols(book[name].max_column)
    book.save(out)
    return out


@pytest.mark.parametrize("how", ["saved anew", "rows", "one sheet", "copied rows", "no mark column"])
def test_a_leaked_file_leads_to_who_took_it(office: Office, how: str) -> None:
    path = office.taken()
    (code,) = codes_in(path)
    assert codes_in(leaked(path, how)) == [code]


def spoilt(path: Path, *parts: str) -> Path:
    """The file with the compressed bytes of these parts turned over."""
    body = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as package:
        for part in map(package.getinfo, parts or package.namelist()):
            named, extra = struct.unpack_from("<HH", body, part.header_offset + 26)
            first = part.header_offset + 30 + named + extra
            body[first : first + part.compress_size] = bytes(b ^ 0xA5 for b in body[first : first + part.compress_size])
    out = path.with_name("spoilt.xlsx")
    out.write_bytes(body)
    return out


def test_a_damaged_file_leads_to_who_took_it_as_long_as_a_code_is_left_in_it(office: Office) -> None:
    path = office.taken()
    assert codes_in(spoilt(path, "xl/worksheets/sheet1.xml", "docProps/custom.xml")) == codes_in(path)
    with pytest.raises(DomainError, match=r"^WORKBOOK_DAMAGED:"):
        codes_in(spoilt(path))


@pytest.mark.parametrize("at", [10, 8, 42, 16, 24])
def test_a_file_whose_list_of_parts_is_wrong_is_refused_in_words_or_read(office: Office, at: int) -> None:
    path = office.taken()
    (code,) = codes_in(path)
    body = bytearray(path.read_bytes())
    first = body.find(b"PK\x01\x02") + at
    body[first : first + 2] = b"\xff\xff"
    out = path.with_name("spoilt.xlsx")
    out.write_bytes(body)
    assert codes_in(out) == [code]


def test_a_code_lies_across_two_pieces_and_is_counted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bangfu.exports.marks._PIECE", 7)
    path, other = tmp_path / "some.xlsx", tmp_path / "none.xlsx"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("a.xml", "x" * 5 + "BF-2222-3333" + "BF-2222-3333yBF-4444-5555")
    assert codes_in(path) == ["BF-2222-3333", "BF-4444-5555"]
    other.write_bytes(b"nothing of the kind")
    with pytest.raises(DomainError, match=r"^NOT_A_WORKBOOK"):
        codes_in(other)


def test_codes_are_many_and_their_signs_are_told_apart() -> None:
    made = {new_code() for _ in range(500)}
    assert len(made) == 500
    assert all(CODE.fullmatch(code) for code in made)
    assert not set("01ILOU") & set(ALPHABET)


@given(who=st.text(max_size=50), purpose=st.text(max_size=200))
def test_a_header_and_a_footer_fit_and_end_with_the_code(who: str, purpose: str) -> None:
    marking = Marking("BF-2222-3333", who, "2017-12-01 09:00", purpose)
    for line in (marking.header, marking.footer):
        assert len(line.encode("utf-16-le")) // 2 <= 255
        assert line.endswith("&RBF-2222-3333")
    assert (marking.header.count("&"), marking.footer.count("&")) == (4, 5)


def test_the_picture_is_one() -> None:
    made = picture_of("BF-2222-3333 2017-12-01 09:00")
    assert made.startswith(b"\x89PNG")
    assert len(made) < 4_000
    with pytest.raises(KeyError):
        picture_of("中")
