"""Papers issued: to whom they may be, as the register was that day, recorded with what they said."""

import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import openpyxl
import pytest
from PIL import Image
from pypdf import PdfReader

from bangfu.access.data import Denied, NotThere
from bangfu.audit.models import Entry
from bangfu.documents.cases import Wanted, cases
from bangfu.documents.data import PORTIONS, ROWS, portions, rows
from bangfu.documents.models import Door, Issue
from bangfu.documents.papers import Format, shelf
from bangfu.documents.press import Press
from bangfu.documents.sample import sample
from bangfu.documents.scans import Scan, with_scans
from bangfu.documents.selectors import agreement, called, household_behind, issues
from bangfu.documents.services import TOGETHER, Order, Printed, print_list, print_paper, print_papers
from bangfu.kernel.errors import DomainError
from bangfu.privacy.keys import KeyRing
from bangfu.registry.differences import differences
from bangfu.registry.imports import Order as ImportOrder
from bangfu.registry.imports import planned, workbench
from bangfu.registry.imports.preview import changes_said
from bangfu.registry.layouts import TABLES, layout
from bangfu.registry.models import Household, Stated
from bangfu.registry.services.assignments import assign
from bangfu.registry.services.ledger import NewLine, record_ledger
from bangfu.registry.services.procedures import Event, record_marriage
from bangfu.registry.services.receipts import NewReceipt, record_receipt
from tests.documents.conftest import word_text
from tests.households import BOOKLET, full_household, new_household, put_paper
from tests.kept import kept
from tests.organisation import FIRST, Organisation, founded
from tests.registry.conftest import World

DAY = date(2017, 12, 1)
SHEET = Order("policy_sheet", DAY, "pdf", year=2017, address="http://127.0.0.1:8000/d/{}/")


def shape(value: Any, beside: Any) -> Any:
    """The keys of a value, and of the first of a list: nothing where either list is empty."""
    match value, beside:
        case Mapping(), Mapping():
            return {key: shape(value[key], beside.get(key)) for key in value}
        case [first, *_], [other, *_]:
            return [shape(first, other)]
        case [*_], [*_]:
            return []
    return None


def with_household(org: Organisation) -> Organisation:
    """The district with a household that has a row in every table."""
    household = full_household(org, "H1", "371102008201", "village")
    # Tests here look at the papers that they issue themselves.
    Issue.objects.unscoped("test").delete()
    Door.objects.unscoped("test").delete()
    assign(org.by, org.actor("officer"), household, org.posts["village"], FIRST)
    return org


@pytest.fixture
def org(request: pytest.FixtureRequest, db: None, ring: KeyRing) -> Organisation:
    """The district; with that household where a test asks for it, or the one of the registry's tests."""
    if "world" in request.fixturenames:
        return cast("World", request.getfixturevalue("world")).org
    if "full" in request.fixturenames:
        return kept("household to print of", lambda: with_household(founded(ring)))
    return founded(ring)


@pytest.fixture
def full(org: Organisation) -> int:
    return Household.objects.unscoped("test").get(number="H1").pk


def print_it(org: Organisation, machine: Press, household: int, order: Order = SHEET, who: str = "village") -> bytes:
    return print_paper(org.by, org.actor(who), household, order, machine).body


def text_of(body: bytes) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages).split())


@pytest.mark.parametrize("what", ["portions", "rows"])
def test_the_sample_has_the_shape_of_what_households_are_given(org: Organisation, full: int, what: str) -> None:
    wanted = Wanted(DAY, org.by.at, "zh", 2016, dossier=True, differences=True)
    (case,) = cases(org.actor("village"), org.by.ring, [full], wanted)
    made: Mapping[str, Callable[[], Any]] = {
        "portions": lambda: portions(case, PORTIONS),
        "rows": lambda: {kind: rows(kind, case) for kind in ROWS},
    }
    given = made[what]()
    # Rows that other rooms give are held to the sample there.
    sampled = {name: each for name, each in sample()[what].items() if name in given}
    assert shape(sampled, given) == shape(given, sampled)
    assert set(given) <= set(sample()[what])


def test_a_paper_says_what_the_register_holds_and_whom_to_call(org: Organisation, machine: Press, full: int) -> None:
    text = text_of(print_it(org, machine, full))
    assert "东一村" in text
    assert "人village" in text
    assert "13800000000" in text
    assert "帮扶表-01" in text


def test_a_paper_of_an_earlier_day_says_what_held_then(world: World, machine: Press) -> None:
    world.record("registration", world.household, date(2017, 6, 1), {"status": "exited"})
    card = replace(SHEET, kind="contact_card")
    papers = [
        text_of(print_paper(world.by, world.actor(), world.household, replace(card, day=day), machine).body)
        for day in (date(2017, 5, 31), date(2017, 6, 1))
    ]
    assert ["未脱贫" in text for text in papers] == [True, False]


def test_the_same_paper_is_the_same_file(org: Organisation, machine: Press, full: int) -> None:
    assert print_it(org, machine, full) == print_it(org, machine, full)


def test_an_issue_is_recorded_with_its_digest_in_the_same_transaction(
    org: Organisation, machine: Press, full: int
) -> None:
    body = print_it(org, machine, full)
    issue = Issue.objects.unscoped("test").get()
    digest = hashlib.sha256(body).hexdigest()
    assert (issue.digest, issue.kind, issue.household_id, issue.day) == (digest, "policy_sheet", full, DAY)
    entry = Entry.objects.get(pk=issue.entry_id)
    assert (entry.act, entry.subject) == ("documents.print", f"household:{full}")
    assert issues(org.actor("auditor"), full)[0].digest == digest


def test_paper_and_register_agree_until_something_changes(world: World, machine: Press) -> None:
    actor = world.actor()
    issue = print_paper(world.by, actor, world.household, replace(SHEET, kind="contact_card"), machine).issue
    assert agreement(world.by, actor, issue) == ()
    world.record("registration", world.household, date(2017, 6, 1), {"main_cause": "illness"})
    assert agreement(world.by, actor, issue) == ("household",)


def test_nothing_of_what_was_printed_can_be_found_by_trying(org: Organisation, machine: Press, full: int) -> None:
    print_it(org, machine, full)
    values = Issue.objects.unscoped("test").get().values
    plain = hashlib.sha256(b'"H1"').hexdigest()
    assert all(len(each) == 64 and each != plain for each in values.values())


@pytest.mark.parametrize("who", ["sibling", "other", "stranger", "district"])
def test_who_does_not_see_a_household_gets_no_paper_of_it(
    org: Organisation, machine: Press, full: int, who: str
) -> None:
    with pytest.raises(NotThere):
        print_it(org, machine, full, who=who)
    assert not Issue.objects.unscoped("test").exists()


@pytest.mark.parametrize("who", ["auditor", "admin", "nobody"])
def test_who_may_not_print_is_told_so(org: Organisation, machine: Press, full: int, who: str) -> None:
    with pytest.raises(Denied):
        print_it(org, machine, full, who=who)


def test_numbers_are_masked_and_in_full_only_by_right_and_with_a_reason(world: World, machine: Press) -> None:
    form, number = replace(SHEET, kind="registration_form"), "37110219600301001X"
    world.record("papers", world.persons["head"], FIRST, {"id_number": number})

    def printed(order: Order, who: str, reason: str = "核对") -> str:
        by = replace(world.by, reason=reason)
        return text_of(print_paper(by, world.actor(who), world.household, order, machine).body)

    whole = replace(form, whole_numbers=True)
    assert number not in printed(form, "officer")
    assert number in printed(whole, "officer")
    assert Entry.objects.filter(act="documents.print_numbers").count() == 1
    with pytest.raises(Denied):
        printed(whole, "village")
    with pytest.raises(DomainError) as refused:
        printed(whole, "officer", " ")
    assert refused.value.code == "REASON_MISSING"


def test_a_paper_that_bears_no_numbers_refuses_to(org: Organisation, machine: Press, full: int) -> None:
    with pytest.raises(DomainError) as refused:
        print_it(org, machine, full, replace(SHEET, whole_numbers=True), "officer")
    assert refused.value.code == "NO_WHOLE_NUMBERS"


def test_a_day_without_rules_is_said_on_papers_that_say_verdicts_and_on_no_others(world: World, machine: Press) -> None:
    orders = [replace(SHEET, kind=kind, year=2030) for kind in ("policy_sheet", "contact_card", "dossier_index")]
    texts = [text_of(print_it(world.org, machine, world.household, order)) for order in orders]
    assert ["未作政策评估" in text for text in texts] == [True, False, False]


def test_a_list_holds_what_the_actor_sees_and_no_more(org: Organisation, machine: Press) -> None:
    for number, village in (("H1", "371102008201"), ("H2", "371102008202"), ("H3", "371102009201")):
        new_household(org, number, village, who="officer")
    roster = Order("roster", DAY, "xlsx")
    for who, place, heads in (
        ("village", "371102008201", {"H1"}),
        ("subdistrict", "371102008", {"H1", "H2"}),
        ("officer", "371102", {"H1", "H2", "H3"}),
    ):
        body = print_list(org.by, org.actor(who), org.places[place], roster, machine).body
        sheet = openpyxl.load_workbook(io.BytesIO(body)).worksheets[0]
        assert {row[1].value for row in sheet.iter_rows(min_row=4)} == heads
    with pytest.raises(Denied):
        print_list(org.by, org.actor("village"), org.places["371102008"], roster, machine)


def test_a_list_of_differences_has_the_fields_to_retype(world: World, machine: Press) -> None:
    by, actor = world.by, world.actor()
    world.record("land", world.household, FIRST, {"cultivated_mu": 50_000})
    print_paper(world.by, actor, world.household, replace(SHEET, kind="registration_form"), machine)
    world.record("land", world.household, DAY, {"cultivated_mu": 60_000})
    order = Order("differences_list", DAY, "xlsx")
    listed = print_list(world.by, actor, world.org.places["371102008201"], order, machine)
    sheet = openpyxl.load_workbook(io.BytesIO(listed.body)).active
    assert sheet is not None
    cells = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    assert [row[5:9] for row in cells] == [["耕地面积", "6", "—", "5"]]
    with pytest.raises(Denied):
        print_list(by, world.org.actor("auditor"), world.org.places["371102008201"], order, machine)


def test_papers_of_many_are_issued_in_order_and_each_recorded(org: Organisation, machine: Press) -> None:
    ids = [new_household(org, f"H{n}", "371102008201") for n in range(6)]
    card = replace(SHEET, kind="contact_card")
    printed = list(print_papers(org.by, org.actor("village"), ids, card, machine))
    assert [each.household for each in printed] == ids
    bodies = {each.body for each in printed if isinstance(each, Printed)}
    assert Issue.objects.unscoped("test").count() == len(bodies) == 6


def test_papers_of_many_are_recorded_some_at_a_time_before_the_first_of_them_is_handed_out(
    org: Organisation, machine: Press
) -> None:
    ids = [new_household(org, f"H{number}", "371102008201") for number in range(TOGETHER + 1)]
    made = print_papers(org.by, org.actor("village"), ids, replace(SHEET, kind="contact_card"), machine)
    assert (next(made).household, Issue.objects.unscoped("test").count()) == (ids[0], TOGETHER)
    assert [each.household for each in made] == ids[1:]


def test_papers_of_many_cost_no_more_questions_than_those_of_a_few(
    org: Organisation, machine: Press, django_assert_max_num_queries: Any
) -> None:
    ids = [new_household(org, f"H{n}", "371102008201") for n in range(8)]
    wanted = Wanted(DAY, org.by.at, "zh", 2017)
    list(cases(org.actor("village"), org.by.ring, ids[:1], wanted))
    with django_assert_max_num_queries(80):
        assert len(list(cases(org.actor("village"), org.by.ring, ids, wanted))) == 8


def test_a_code_leads_who_may_see_to_the_household_and_tells_others_whom_to_call(
    org: Organisation, machine: Press, full: int
) -> None:
    print_it(org, machine, full)
    sign = Door.objects.unscoped("test").get().sign
    assert household_behind(org.actor("village"), sign) == full
    assert household_behind(org.actor("sibling"), sign) is None
    told = called(sign, DAY)
    assert told is not None
    assert {(each.name, each.phone) for each in told} == {
        ("人village", "13800000000"),
        ("人subdistrict", "13800000000"),
    }
    assert called("no-such-sign", DAY) is None


def test_the_whole_file_is_one_paper_or_an_archive(org: Organisation, machine: Press, full: int) -> None:
    whole = replace(SHEET, kind="household_file")
    body = print_it(org, machine, full, whole)
    text = text_of(body)
    assert [each.title for each in PdfReader(io.BytesIO(body)).outline][-1] == "001 户口本"  # type: ignore[union-attr]
    assert print_it(org, machine, full, whole) == body
    assert all(
        title in text
        for title in ("一户一档", "贫困户登记表", "脱贫明细账", "扶贫政策明白纸", "帮扶联系卡", "健康明白纸")
    )
    archive = zipfile.ZipFile(io.BytesIO(print_it(org, machine, full, replace(whole, format="zip"))))
    assert archive.namelist()[-1] == "档案扫描件/001_户口本.pdf"
    assert archive.read(archive.namelist()[-1]) == BOOKLET
    assert Entry.objects.filter(act="registry.read_evidence").count() == 3


def test_a_form_that_was_printed_is_laid_beside_the_register(world: World, machine: Press) -> None:
    world.record("land", world.household, FIRST, {"cultivated_mu": 50_000})
    form = replace(SHEET, kind="registration_form")
    print_paper(world.by, world.actor(), world.household, form, machine)
    stated = Stated.objects.unscoped("test").get(person="")
    assert stated.statement.form == "registration_form"
    found = differences(world.actor(), [world.household], DAY, world.by.at)[world.household]
    assert (found.count, found.printed and found.printed.form) == (0, "registration_form")
    world.record("land", world.household, DAY, {"cultivated_mu": 60_000})
    again = differences(world.actor(), [world.household], DAY, world.by.at)[world.household]
    rows_of = [(r.ours, r.printed) for part in again.parts for r in part.rows if r.differs]
    assert rows_of == [("6", "5")]


def test_a_paper_that_is_no_official_form_states_nothing(org: Organisation, machine: Press, full: int) -> None:
    before = Stated.objects.unscoped("test").count()
    print_it(org, machine, full)
    assert Stated.objects.unscoped("test").count() == before


@pytest.mark.parametrize(("format", "names"), [("pdf", ("h", "m")), ("docx", ("household", "m"))])
def test_every_fact_that_the_form_states_stands_in_its_templates(format: Format, names: tuple[str, str]) -> None:
    with shelf(()) as templates:
        paper = templates.paper("registration_form")
        template = templates.template(paper, format)
        text = template.read_text(encoding="utf-8") if format == "pdf" else word_text(template.read_bytes())
    named = dict(zip(("household", "person"), names, strict=True))
    missing = [
        fact
        for table, facts in paper.states.items()
        for fact in facts
        if not re.search(rf"\b{named[table]}\.{fact.partition('.')[2]}\b", text)
    ]
    assert missing == []
    columns = {table: {each.fact for each in layout().tables[table].columns.values()} for table in TABLES}
    assert all(set(facts) <= columns[table] for table, facts in paper.states.items())  # type: ignore[index]


def test_a_scan_that_cannot_be_read_is_named_and_nothing_is_printed(
    org: Organisation, machine: Press, full: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bangfu.documents.services.open_scan", lambda *_: (Opened(), io.BytesIO(b"%PDF-1.4 cut off")))
    with pytest.raises(DomainError) as refused:
        print_it(org, machine, full, replace(SHEET, kind="household_file"))
    assert refused.value.code == "SCAN_UNREADABLE"
    assert "户口本" in refused.value.text.zh
    assert Issue.objects.unscoped("test").count() == 0


class Opened:
    media = "application/pdf"


def test_a_picture_becomes_a_page_of_a4_upright_or_across(org: Organisation, machine: Press, full: int) -> None:
    paper = print_it(org, machine, full, replace(SHEET, kind="contact_card"))
    made = PdfReader(
        io.BytesIO(
            with_scans(paper, [Scan("危房照片", "image/png", picture(w, h)) for w, h in ((300, 200), (200, 300))])
        )
    )
    sizes = [tuple(round(float(each) / 72 * 25.4) for each in page.mediabox[2:]) for page in made.pages[-2:]]
    assert sizes == [(297, 210), (210, 297)]
    assert "/Metadata" not in made.root_object


def picture(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(out, "PNG")
    return out.getvalue()


def test_a_word_copy_bears_the_code(org: Organisation, machine: Press, full: int) -> None:
    body = print_it(org, machine, full, replace(SHEET, format="docx"))
    pictures = [name for name in zipfile.ZipFile(io.BytesIO(body)).namelist() if name.startswith("word/media/")]
    assert len(pictures) == 1
    assert print_it(org, machine, full, replace(SHEET, format="docx")) == body


def test_the_index_of_the_dossier_says_what_is_missing(org: Organisation, machine: Press, world: World) -> None:
    text = text_of(print_it(org, machine, world.household, replace(SHEET, kind="dossier_index")))
    assert "还缺的材料" in text
    assert "户口本" in text


def test_papers_tell_money_of_somebody_who_has_left_as_theirs(world: World) -> None:
    actor, son = world.actor(), world.persons["son"]
    record_ledger(world.by, actor, world.household, 2017, [NewLine("crop", 5_00, son)])
    record_receipt(world.by, actor, world.household, NewReceipt("dibao", 2017, 9_00, son))
    other = new_household(world.org, "H2", "371102008201")
    record_marriage(world.by, actor, Event(other, date(2017, 6, 1)), son, "son_in_law")
    (case,) = cases(actor, world.by.ring, [world.household], Wanted(DAY, world.by.at, "zh", 2017))
    found = portions(case, ["ledger", "receipts"])
    lines = [line for group in found["ledger"]["groups"] for line in group["lines"]]
    assert {each["who"] for each in (*lines, *found["receipts"])} == {"甲son（已不在本户）"}


def test_the_income_statement_says_which_papers_bear_out_which_lines(world: World) -> None:
    head, actor = world.persons["head"], world.actor()
    lines = [NewLine("wage_away", 900_00, head), NewLine("wage_away", 100_00, head), NewLine("crop", 5_00, None)]
    record_ledger(world.by, actor, world.household, 2017, [*lines, NewLine("rent", 80_00, head)])
    record_ledger(world.by, actor, world.household, 2016, [NewLine("dividend", 70_00, None)])

    def proofs(year: int) -> list[Any]:
        wanted = Wanted(DAY, world.by.at, "zh", year, dossier=True)
        (case,) = cases(actor, world.by.ring, [world.household], wanted)
        found = portions(case, ["proofs"])["proofs"]
        said = [[(line["label"], line["amount"]) for line in each["lines"]] for each in found]
        return [(each["label"], lines, each["state"]) for each, lines in zip(found, said, strict=True)]

    wages = ("打工收入证明", [("外出务工", "1,000.00")])
    rent = ("其他收入证明", [("租金", "80.00")], "缺")
    assert proofs(2017) == [(*wages, "缺"), rent]
    assert proofs(2016) == [("扶贫项目协议及补贴证明", [("分红", "70.00")], "缺")]
    put_paper(world.org, world.household, "village", "wage_proof", head)
    assert proofs(2017) == [(*wages, "齐全，已核对"), rent]


def test_an_english_paper_is_english_but_for_data(org: Organisation, machine: Press, full: int) -> None:
    text = text_of(print_it(org, machine, full, replace(SHEET, lang="en")))
    assert "Policysheet" in text
    assert "Whomtocall" in text


def test_no_file_name_leads_out_of_its_folder(org: Organisation, machine: Press, world: World) -> None:
    world.record("identity", world.persons["head"], DAY, {"name": "../../甲/乙"})
    printed = print_paper(org.by, org.actor("village"), world.household, SHEET, machine)
    assert Path(printed.name).name == printed.name


def test_the_fillable_form_read_back_changes_nothing_but_what_was_changed(
    org: Organisation, machine: Press, world: World, tmp_path: Path
) -> None:
    form = replace(SHEET, kind="fillable_form", format="xlsx", year=2016)
    world.record("housing", world.household, date(2017, 6, 1), {"house_grade": "C", "dangerous_house": True})
    record_ledger(world.by, world.actor(), world.household, 2016, [NewLine("crop", 12345, world.persons["head"])])
    path = tmp_path / "form.xlsx"
    path.write_bytes(print_paper(world.by, world.actor(), world.household, form, machine).body)

    def changes() -> list[Any]:
        order = ImportOrder(path, DAY, "form.xlsx", "0" * 64)
        with workbench() as con:
            planned(world.by, world.actor("officer"), order, con, lambda text: None)
            return [row[3:] for row in changes_said(con, "zh", None)]

    assert changes() == []
    book = openpyxl.load_workbook(path)
    guide = [str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row]
    assert [each for each in guide if "bangfu assess" in each] == []
    assert len([each for each in guide if "bangfu import" in each]) == 1
    sheet = book["户"]
    column = next(cell.column for cell in sheet[1] if cell.value == "住房鉴定等级")
    sheet.cell(2, column).value = "D"
    book.save(path)
    assert len(changes()) == 1
