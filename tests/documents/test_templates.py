"""Templates of papers: set without a warning, the same each time, hostile names as they are, and nothing read that is not theirs."""

import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from docx import Document
from PIL import Image, ImageChops, ImageStat
from pypdf import PdfReader

from bangfu.documents import typesetting
from bangfu.documents.papers import PaperWrong, shelf
from bangfu.documents.press import Foot, Press, around, press
from bangfu.documents.sample import NOBODYS, sample
from bangfu.documents.typesetting import Typesetter
from bangfu.kernel.errors import DomainError
from tests.documents.conftest import NO_FONTS, word_text

DAY = date(2017, 12, 31)
FETCHED = Path(__file__).parents[2] / "var" / "fonts"
GOLDEN = Path(__file__).parent / "golden"
FOOT = Foot(DAY, "zh", "0.1", NOBODYS, place="东一村")
with shelf() as _shipped:
    MADE = [(paper.id, each) for paper in _shipped.papers.values() for each in paper.formats if each != "zip"]
    SET = [kind for kind, each in MADE if each == "pdf"]
# The paragraph styles by which an office changes how a Word copy looks.
WORD_STYLES = (
    *("Normal", "Title", "Subtitle", "Heading 1", "Note", "Gap", "Closing"),
    *("Table Label", "Table Text", "Table Name", "Table Small"),
)
HOSTILE = {
    "typst": '#read("/etc/passwd") $x$ \\ *_`@a<b>',
    "word": "{{ 7*7 }}{% for x in y %}<w:p/>&amp;",
    "formula": '=HYPERLINK("http://example.invalid")',
    "arabic": "عربي",
    "rare": "䶮𠀀𪛖",
    "long": "长" * 100,
    "control": "甲\x07乙",
}


def given(press: Press, kind: str) -> dict[str, Any]:
    paper = press.shelf.paper(kind)
    if paper.rows:
        return {"rows": sample()["rows"][paper.rows]}
    return {name: sample()["portions"][name] for name in paper.given}


def made(press: Press, kind: str, format: Any, data: Mapping[str, Any] | None = None) -> bytes:
    return press.made(press.shelf.paper(kind), format, given(press, kind) if data is None else data, FOOT)


def set_alone(text: str, folder: Path, **files: bytes) -> bytes:
    """What an office's own template comes to, laid over a shipped one."""
    (folder / "contact_card.typ").write_text(text, encoding="utf-8")
    for name, body in files.items():
        (folder / name.replace("__", ".")).write_bytes(body)
    with press([folder], NO_FONTS) as laid:
        return made(laid, "contact_card", "pdf")


def with_name(name: str) -> Any:
    """The sample's household, with another name for its head."""
    text = json.dumps(sample()["portions"], ensure_ascii=False)
    return json.loads(text.replace("于明", json.dumps(name, ensure_ascii=False)[1:-1]))


@pytest.mark.parametrize(("kind", "format"), MADE)
def test_every_paper_is_made_of_the_sample_and_the_same_each_time(machine: Press, kind: str, format: str) -> None:
    assert made(machine, kind, format) == made(machine, kind, format)


@pytest.mark.parametrize("fonts", [NO_FONTS, FETCHED], ids=["brought", "fetched"])
def test_no_template_asks_for_a_face_that_is_not_there(machine: Press, fonts: Path) -> None:
    with Typesetter(machine.shelf, fonts) as setter:
        paper = machine.shelf.paper("household_file")
        parts = [paper, *(machine.shelf.paper(each) for each in paper.parts)]
        data = {**around(parts, FOOT), **given(machine, "household_file")}
        assert setter.set("household_file.typ", data, DAY).warnings == ()


@pytest.mark.parametrize("kind", SET)
def test_a_paper_claims_to_be_an_archive_and_is_numbered(machine: Press, kind: str) -> None:
    read = PdfReader(io.BytesIO(made(machine, kind, "pdf")))
    xmp = read.xmp_metadata
    assert xmp is not None
    said = xmp.stream.get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in said
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in said
    root: Any = read.trailer["/Root"]
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    last = "".join(read.pages[-1].extract_text().split())
    assert f"{len(read.pages)}/{len(read.pages)}" in last
    assert "2017-12-31" in last


def test_every_face_in_a_paper_is_in_the_file(machine: Press) -> None:
    read = PdfReader(io.BytesIO(made(machine, "household_file", "pdf")))
    pages: Any = read.pages
    faces = [face.get_object() for page in pages for face in page["/Resources"]["/Font"].values()]
    below = [each["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for each in faces]
    assert below
    assert all(any(key.startswith("/FontFile") for key in each) for each in below)


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_name_is_printed_as_it_is(machine: Press, name: str) -> None:
    data = with_name(name)
    shown = name.replace("\x07", "")
    paper = machine.shelf.paper("contact_card")
    card = {each: data[each] for each in paper.given}
    pdf = made(machine, "contact_card", "pdf", card)
    assert len(PdfReader(io.BytesIO(pdf)).pages) in (1, 2)
    word = zipfile.ZipFile(io.BytesIO(made(machine, "contact_card", "docx", card))).read("word/document.xml")
    escaped = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;").encode()
    assert escaped in word or escaped.replace(b"&#34;", b'"') in word


@pytest.mark.parametrize("name", [HOSTILE["typst"], HOSTILE["word"], HOSTILE["formula"], "䶮", HOSTILE["long"]])
def test_the_text_of_a_hostile_name_can_be_read_in_the_paper(machine: Press, name: str) -> None:
    data = with_name(name)
    pdf = made(machine, "contact_card", "pdf", {each: data[each] for each in ("household", "contacts")})
    text = "".join(PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())
    assert "".join(name.split()) in text


def rare_characters(name: str, fonts: Path) -> tuple[str, str]:
    """What can be read of a card that bears a name, and what it claims to be."""
    data = with_name(name)
    with press((), fonts) as own:
        pdf = PdfReader(
            io.BytesIO(made(own, "contact_card", "pdf", {each: data[each] for each in ("household", "contacts")}))
        )
    return pdf.pages[0].extract_text(), str(pdf.metadata) + (
        "2b" if pdf.xmp_metadata and b"pdfaid" in pdf.xmp_metadata.stream.get_data() else ""
    )


@pytest.mark.skipif(
    not (FETCHED / "HanaMinB.ttf").is_file(), reason="./setup found no package of it on this machine (2026-11-28)"
)
def test_the_rarest_characters_are_printed_in_the_face_that_was_fetched() -> None:
    text, claims = rare_characters(HOSTILE["rare"], FETCHED)
    assert HOSTILE["rare"] in text
    assert claims.endswith("2b")


def test_a_character_that_no_face_has_stops_no_paper_and_claims_nothing() -> None:
    text, claims = rare_characters("于𠀀", NO_FONTS)
    assert "帮扶联系卡" in text
    assert not claims.endswith("2b")


def test_a_name_that_looks_like_a_formula_is_text_in_a_list(machine: Press) -> None:
    rows = [
        {**row, "household": {**row["household"], "head": HOSTILE["formula"]}} for row in sample()["rows"]["households"]
    ]
    book = openpyxl.load_workbook(io.BytesIO(made(machine, "ledger_of_households", "xlsx", {"rows": rows})))
    cell = book.worksheets[0]["C4"]
    assert (cell.value, cell.data_type) == (HOSTILE["formula"], "s")


def test_a_list_has_numbers_days_a_head_that_stays_and_totals(machine: Press) -> None:
    book = openpyxl.load_workbook(io.BytesIO(made(machine, "ledger_of_income", "xlsx")))
    sheet = book.worksheets[0]
    assert sheet.freeze_panes == "A4"
    assert sheet.print_title_rows == "$3:$3"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet["L4"].value == sheet["L5"].value == 55297
    assert "&P/&N" in str(sheet.oddFooter.center.text)
    days = openpyxl.load_workbook(io.BytesIO(made(machine, "ledger_of_households", "xlsx"))).worksheets[0]
    assert days["I4"].value.date() == date(2015, 6, 25)


def unsettled(machine: Press, known: Sequence[int | None]) -> Any:
    """The ledger of income of households of which that much net income is known; of the others nothing of income is."""
    (row, *_) = sample()["rows"]["households"]
    nothing = dict.fromkeys(row["income"])
    rows = [{**row, "income": nothing if fen is None else {**row["income"], "net_income": fen}} for fen in known]
    return openpyxl.load_workbook(io.BytesIO(made(machine, "ledger_of_income", "xlsx", {"rows": rows}))).worksheets[0]


def test_a_total_of_which_nothing_is_known_is_empty_and_never_zero(machine: Press) -> None:
    sheet = unsettled(machine, [None, None])
    assert [sheet[f"{column}6"].value for column in "AEL"] == ["合计", None, None]
    assert sheet["D6"].value > 0
    assert "2 户未核定" in sheet["A7"].value


def test_a_total_says_beside_it_how_many_are_not_in_it(machine: Press) -> None:
    sheet = unsettled(machine, [100_00, None, 0])
    assert sheet["L7"].value == 100
    assert sheet["A8"].value.startswith("合计不含未核定的：另有 1 户未核定")
    assert (sheet["L4"].value, sheet["L5"].value, sheet["L6"].value) == (100, None, 0)
    assert sheet.auto_filter.ref.endswith("6")


def test_a_total_in_which_all_are_says_nothing_more(machine: Press) -> None:
    assert unsettled(machine, [0, 0])["A7"].value is None
    assert unsettled(machine, [0, 0])["L6"].value == 0


def test_a_row_whose_text_wraps_is_as_high_as_its_text(machine: Press) -> None:
    (row, *_) = sample()["rows"]["members"]
    rows = [row, *({**row, "household": {**row["household"], "head": HOSTILE["long"][:long]}} for long in (5, 100))]
    sheet = openpyxl.load_workbook(io.BytesIO(made(machine, "roster", "xlsx", {"rows": rows}))).worksheets[0]
    assert [sheet.row_dimensions[at].height for at in (4, 5, 6)] == [None, 33, 408]


def test_a_head_is_broken_between_words_alone_and_has_room_for_its_lines(machine: Press) -> None:
    paper = machine.shelf.paper("ledger_of_guarantees")
    body = machine.made(paper, "xlsx", given(machine, paper.id), replace(FOOT, lang="en"))
    sheet = openpyxl.load_workbook(io.BytesIO(body)).worksheets[0]
    assert sheet["D3"].value == "Members"
    assert sheet.column_dimensions["D"].width > len("Members") + 2
    assert sheet.row_dimensions[3].height == 33
    assert sheet["A1"].value == "东一村 Ledger of guarantees"


# ---- Word copies


@pytest.mark.parametrize("kind", [kind for kind, each in MADE if each == "docx"])
def test_a_word_copy_has_every_word_of_its_pdf(machine: Press, kind: str) -> None:
    paper, shared = machine.shelf.paper(kind), machine.shelf.folder / "_base.typ"
    text = machine.shelf.template(paper, "pdf").read_text(encoding="utf-8")
    foot = shared.read_text(encoding="utf-8").partition("#let foot(")[2].partition("#let paper(")[0]
    pairs = re.findall(r'say\("([^"]*)", "([^"]*)"\)', text + foot)
    said = word_text(machine.shelf.template(paper, "docx").read_bytes())
    assert pairs
    assert [words for pair in pairs for words in pair if words.strip() not in said] == []


@pytest.mark.parametrize("kind", [kind for kind, each in MADE if each == "docx"])
def test_a_word_copy_is_made_of_styles_and_of_tables_whose_heads_are_repeated(machine: Press, kind: str) -> None:
    document: Any = Document(io.BytesIO(made(machine, kind, "docx")))
    code, *tables = document.tables
    styles = {each.style.name for table in document.tables for cell in table._cells for each in cell.paragraphs}
    assert {"Title", "Subtitle", "Table Label", "Table Text"} <= styles <= {*WORD_STYLES}
    assert {each.style.name for each in document.paragraphs} <= {*WORD_STYLES}
    assert len(code._cells[-1]._tc.xpath(".//pic:pic")) == 1
    assert any(table.rows[0]._tr.xpath("./w:trPr/w:tblHeader") for table in tables)
    assert all(row._tr.xpath("./w:trPr/w:cantSplit") for table in tables for row in table.rows)
    footer = document.sections[0].footer.paragraphs[0]
    assert [each.text for each in footer._p.xpath(".//w:instrText")] == ["PAGE", "NUMPAGES"]


def test_a_word_copy_names_a_person_once_for_all_of_their_policies(machine: Press) -> None:
    table = Document(io.BytesIO(made(machine, "policy_sheet", "docx"))).tables[1]
    names = [row._tr.tc_lst[0].xpath("string(.)") for row in table.rows]
    assert names.count("于晨波") == 1
    assert names.count("") > 0


# ---- what is wrong with a template


def test_a_field_that_is_not_there_is_named_with_template_and_line(tmp_path: Path) -> None:
    with pytest.raises(PaperWrong, match=r"contact_card\.typ:3.*nosuch") as wrong:
        set_alone('#import "_base.typ": *\n\n#data.household.nosuch', tmp_path)
    assert (wrong.value.file, wrong.value.line) == ("contact_card.typ", 3)


def test_a_portion_that_was_not_declared_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PaperWrong, match=r"contact_card\.typ:2.*members"):
        set_alone('#import "_base.typ": *\n#data.members', tmp_path)


def test_a_column_that_is_not_there_is_named_with_its_line(machine: Press, tmp_path: Path) -> None:
    text = (machine.shelf.folder / "roster.yaml").read_text(encoding="utf-8").replace("member.sex", "member.sort")
    (tmp_path / "roster.yaml").write_text(text, encoding="utf-8")
    line = next(n for n, each in enumerate(text.splitlines(), 1) if "member.sort" in each)
    with press([tmp_path], NO_FONTS) as laid, pytest.raises(PaperWrong, match=rf"roster\.yaml:{line}\b"):
        made(laid, "roster", "xlsx")


def test_a_field_of_a_word_template_is_named_with_its_line(machine: Press, tmp_path: Path) -> None:
    shipped = zipfile.ZipFile(machine.shelf.folder / "contact_card.docx")
    with zipfile.ZipFile(tmp_path / "contact_card.docx", "w") as own:
        for name in shipped.namelist():
            own.writestr(name, shipped.read(name).replace(b"household.size", b"household.many"))
    with press([tmp_path], NO_FONTS) as laid, pytest.raises(PaperWrong, match="many") as wrong:
        made(laid, "contact_card", "docx")
    assert wrong.value.line > 1
    assert "资料里没有这一项：many。" in wrong.value.text.zh


def test_a_key_that_a_declaration_does_not_know_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("label: {zh: 甲, en: A}\nof: household\nsecret: yes\n", encoding="utf-8")
    with shelf([tmp_path]) as laid, pytest.raises(PaperWrong, match=r"own\.yaml:3"):
        laid.paper("roster")


def test_a_paper_is_added_by_a_template_and_a_declaration(tmp_path: Path) -> None:
    declared = (
        'label: {zh: 通知, en: Note}\nof: household\nform: 表-99\nversion: "1"\nformats: [pdf]\ngiven: [household]\n'
    )
    (tmp_path / "note.yaml").write_text(declared, encoding="utf-8")
    (tmp_path / "note.typ").write_text(
        '#import "_base.typ": *\n#show: paper.with("note")\n你好，#data.household.head', encoding="utf-8"
    )
    with press([tmp_path], NO_FONTS) as laid:
        text = PdfReader(io.BytesIO(made(laid, "note", "pdf"))).pages[0].extract_text()
    assert "你好，于明" in text
    assert "表-99" in text


def test_a_word_template_calls_nothing_of_python(machine: Press, tmp_path: Path) -> None:
    shipped = zipfile.ZipFile(machine.shelf.folder / "contact_card.docx")
    with zipfile.ZipFile(tmp_path / "contact_card.docx", "w") as own:
        for name in shipped.namelist():
            own.writestr(name, shipped.read(name).replace(b"household.size", b"household.__class__.__mro__"))
    with press([tmp_path], NO_FONTS) as laid, pytest.raises(PaperWrong):
        made(laid, "contact_card", "docx")


# ---- nothing from outside


@pytest.mark.parametrize(
    "text",
    [
        '#read("/etc/passwd")',
        '#read("../../../../etc/passwd")',
        '#image("/etc/hostname")',
        '#json("/proc/self/environ")',
        '#include "/etc/passwd"',
        '#import ("@pre" + "view/cetz:0.3.0"): *',
    ],
)
def test_no_template_reads_what_lies_outside_its_folder(text: str, tmp_path: Path) -> None:
    with pytest.raises(PaperWrong, match=r"contact_card\.typ:1"):
        set_alone(text, tmp_path)


@pytest.mark.parametrize("lead", ["{}", "../elsewhere.png", "file://{}", "http://example.invalid/a.png"])
def test_a_picture_brings_in_no_file_from_elsewhere(lead: str, tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere.png"
    Image.new("RGB", (60, 60), (255, 0, 0)).save(secret)
    own = tmp_path / "own"
    own.mkdir()
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="60"><image width="60" height="60" href="{}"/></svg>'
    )
    with pytest.raises(PaperWrong, match=r"mark\.svg:1"):
        set_alone('#image("mark.svg")', own, mark__svg=drawn.format(lead.format(secret)).encode())


def test_a_link_in_an_offices_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "contact_card.typ").symlink_to("/etc/passwd")
    with pytest.raises(PaperWrong), shelf([tmp_path]):
        pass


@pytest.fixture
def listening() -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that notes whoever calls."""
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            heard.append(connection.recv(200))
            connection.close()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


# Loops of more than ten thousand turns are refused as they are; these are less, and one in another.
ENDLESS = "#for a in range(9000) { for b in range(9000) { let c = a * b } }"


def fetching(folder: Path) -> None:
    with pytest.raises(PaperWrong):
        set_alone('#import "@preview/cetz:0.3.0": *', folder)


def test_what_would_be_fetched_is_asked_of_nobody(
    listening: tuple[str, list[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", listening[0])
    fetching(tmp_path)
    assert listening[1] == []


def test_without_the_guard_the_proxy_would_have_been_asked(
    listening: tuple[str, list[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typesetting, "NOWHERE", listening[0])
    fetching(tmp_path)
    assert listening[1][0].startswith(b"CONNECT")


def test_a_template_that_never_ends_is_ended_and_the_next_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "contact_card.typ").write_text(ENDLESS)
    with press([tmp_path], NO_FONTS) as laid:
        monkeypatch.setattr(typesetting, "SECONDS", 2)
        with pytest.raises(PaperWrong, match="too long"):
            made(laid, "contact_card", "pdf")
        monkeypatch.setattr(typesetting, "SECONDS", 60)
        assert made(laid, "eight_ones_card", "pdf").startswith(b"%PDF")


def test_the_typesetter_knows_neither_keys_nor_settings(machine: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGFU_DATA", "secret-folder")
    with Typesetter(machine.shelf, NO_FONTS) as setter:
        setter.set(
            "contact_card.typ",
            {**around([machine.shelf.paper("contact_card")], FOOT), **given(machine, "contact_card")},
            DAY,
        )
        (running,) = [each._process for each in setter._all if each._process is not None]
        environment = Path(f"/proc/{running.pid}/environ").read_bytes()
    assert b"BANGFU" not in environment


@pytest.mark.parametrize("cut", ['{"sizes": [9], "warnings": []}\n%PDF', '{"sizes": [9'], ids=["paper", "answer"])
def test_what_is_cut_off_while_it_is_handed_over_is_no_paper(
    machine: Press, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    start, dies = subprocess.Popen, f"import sys; sys.stdin.readline(); sys.stdout.write({cut!r})"
    monkeypatch.setattr(subprocess, "Popen", lambda _, **how: start([sys.executable, "-c", dies], **how))
    with Typesetter(machine.shelf, NO_FONTS) as setter, pytest.raises(PaperWrong):
        setter.set("contact_card.typ", {}, DAY)


def test_several_are_set_at_once_in_as_many_processes_and_each_gets_its_own(machine: Press) -> None:
    kinds = ["contact_card", "eight_ones_card", "policy_sheet", "health_sheet"] * 2

    def one(setter: Typesetter, kind: str) -> bytes:
        data = {**around([machine.shelf.paper(kind)], FOOT), **given(machine, kind)}
        return setter.set(f"{kind}.typ", data, DAY).body

    with Typesetter(machine.shelf, NO_FONTS) as single:
        alone = [one(single, kind) for kind in kinds[:4]] * 2
    with Typesetter(machine.shelf, NO_FONTS, 2) as setter, ThreadPoolExecutor(4) as asking:
        assert list(asking.map(partial(one, setter), kinds)) == alone
        assert [each._process is not None for each in setter._all] == [True, True]


# ---- how it looks


@pytest.mark.parametrize("kind", SET)
def test_a_paper_looks_as_it_was_looked_at(machine: Press, kind: str) -> None:
    """Against pictures that somebody looked at. BANGFU_GOLDEN=folder keeps those of this run there, to be looked at and put in their place."""
    paper = machine.shelf.paper(kind)
    data = {**around([paper, *(machine.shelf.paper(each) for each in paper.parts)], FOOT), **given(machine, kind)}
    # The whole file is its own two pages, and then those of its parts, which are looked at by themselves.
    pages = machine.typesetter.set(f"{kind}.typ", data, DAY, "png", ppi=50).pages[: 2 if paper.parts else None]
    keep(kind, pages)
    golden = sorted(GOLDEN.glob(f"{kind}-*.png"), key=lambda path: int(path.stem.rpartition("-")[2]))
    assert len(golden) == len(pages)
    assert max(difference(page, path) for page, path in zip(pages, golden, strict=True)) < TOLERATED


# Of 255 grey levels, on average over the page: a line of text that is not there counts for more.
TOLERATED = 0.4


def difference(page: bytes, golden: Path) -> float:
    now, then = Image.open(io.BytesIO(page)).convert("L"), Image.open(golden).convert("L")
    assert now.size == then.size
    return float(ImageStat.Stat(ImageChops.difference(now, then)).mean[0])


def keep(kind: str, pages: tuple[bytes, ...]) -> None:
    folder = os.environ.get("BANGFU_GOLDEN")
    if folder:
        for number, page in enumerate(pages):
            Image.open(io.BytesIO(page)).convert("L").save(Path(folder) / f"{kind}-{number}.png", optimize=True)


def test_a_missing_line_would_be_seen(machine: Press, tmp_path: Path) -> None:
    data = {**around([machine.shelf.paper("contact_card")], FOOT), **given(machine, "contact_card")}
    data["contacts"] = data["contacts"][1:]
    (page,) = machine.typesetter.set("contact_card.typ", data, DAY, "png", ppi=50).pages
    assert difference(page, GOLDEN / "contact_card-0.png") > TOLERATED


def test_a_format_that_a_paper_is_not_made_in_is_refused(machine: Press) -> None:
    with pytest.raises(DomainError) as refused:
        made(machine, "roster", "pdf")
    assert refused.value.code == "NO_SUCH_FORMAT"
