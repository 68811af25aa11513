"""Ten common tasks in a real browser, each from somebody's first page to what it leaves in the database.

What it takes is counted: pages loaded, clicks, fields filled in, keys pressed. A test fails where a task needs more than it does now; seconds are
told and not judged, since they are the machine's. `BANGFU_TASKS=file pytest -n 0 tests/web/test_ten_tasks.py` writes the table of docs/desk.md.
"""

import io
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Download, Page
from pytest_django.live_server_helper import LiveServer

from bangfu.access.models import Holding
from bangfu.assessment.models import PolicyVerdict
from bangfu.casework.models import Submission, Task, TaskStep
from bangfu.casework.services.sweeping import sweep
from bangfu.documents.models import Issue
from bangfu.policies.models import Proposal
from bangfu.registry.data import NewFacts
from bangfu.registry.models import VERSIONS, Evidence, EvidenceFile, Household, LedgerLine
from bangfu.registry.services.assignments import assign
from bangfu.registry.services.facts import record_facts
from tests.assessment.conftest import Office
from tests.assessments import assess
from tests.casework.things import new_round, new_submission, new_task
from tests.households import add_booklet, new_household
from tests.kept import kept
from tests.organisation import Organisation, founded
from tests.registry.test_imports import TABLES
from tests.web.test_browser import chromium, opened, plain, second
from tests.web.test_house import DAY, PARTS, SPRING, assessed_household, head
from tests.web.test_imports import packed

__all__ = ["chromium", "plain"]

NAME = "王秀兰"
# What an exit without its day is called.
FINDING = "已脱贫未登记脱贫日期"


@dataclass
class Tally:
    """What a task took, of all who had a hand in it."""

    task: str
    who: str
    loads: int = 0
    clicks: int = 0
    fields: int = 0
    keys: int = 0
    seconds: float = 0.0

    @property
    def actions(self) -> int:
        return self.loads + self.clicks + self.fields + self.keys


@dataclass
class Worker:
    """Somebody at their first page. From there on everything they do is counted."""

    page: Page
    tally: Tally
    server: str
    begun: float = field(default_factory=monotonic)

    def click(self, which: str) -> None:
        self.tally.clicks += 1
        self.page.locator(which).first.click()

    def fill(self, which: str, value: str) -> None:
        self.tally.fields += 1
        self.page.fill(which, value)

    def choose(self, which: str, value: str) -> None:
        self.tally.fields += 1
        self.page.select_option(which, value)

    def give(self, which: str, file: Path) -> None:
        self.tally.fields += 1
        self.page.set_input_files(which, file)

    def press(self, which: str, key: str) -> None:
        self.tally.keys += 1
        self.page.press(which, key)

    def find(self, sought: str) -> None:
        """A household, by what is typed on the first page."""
        self.fill("#id_sought", sought)
        self.press("#id_sought", "Enter")
        self.page.wait_for_url("**/households/*/")

    def waits(self, label: str) -> None:
        """What the first page says is waiting."""
        self.click(f"[data-field=waits] li a:has-text('{label}')")

    def menu(self, label: str) -> None:
        self.click(f".bf-menu a:text-is('{label}')")

    def submit(self) -> None:
        self.click("main form .btn-primary")

    def saved(self) -> None:
        self.page.locator(".alert-success").wait_for()

    def done(self) -> Tally:
        self.tally.seconds += monotonic() - self.begun
        self.page.context.close()
        return self.tally


@pytest.fixture(scope="module")
def sheet() -> Iterator[list[Tally]]:
    """What all of them took, written where BANGFU_TASKS names a file."""
    tallies: list[Tally] = []
    yield tallies
    if "BANGFU_TASKS" in os.environ:
        Path(os.environ["BANGFU_TASKS"]).write_text(table(tallies), encoding="utf-8")


def table(tallies: list[Tally]) -> str:
    """As it stands in the document."""
    rows = [
        f"| {n} | {each.task} | {each.who} | {each.loads} | {each.clicks} | {each.fields} | {each.keys} | **{each.actions}** | {each.seconds:.1f} |"
        for n, each in enumerate(tallies, 1)
    ]
    machine = f"{os.cpu_count()} × {platform.machine()}, Python {platform.python_version()}, {timezone.localdate()}"
    title = "| | task 事项 | who 谁 | pages 页 | clicks 点击 | fields 填写 | keys 按键 | actions 合计 | seconds 秒 |"
    return "\n".join((title, "|---|---|---|---|---|---|---|---|---|", *rows, "", machine, ""))


@pytest.fixture
def desk(committed: None, ring: Any) -> tuple[Organisation, int]:
    """A household of which one question decides a policy, and another beside it."""

    def make() -> tuple[Organisation, int]:
        org = founded(ring)
        household = assessed_household(org)
        named = NewFacts(
            "identity", head(household), {"name": NAME, "sex": "1", "birth_date": date(1960, 3, 1)}, SPRING
        )
        record_facts(org.by, org.actor("village"), household, named)
        assess(org, [household, new_household(org, "H2", "371102008201")])
        assign(org.by, org.actor("officer"), household, org.posts["village"], DAY)
        return org, household

    return kept("ten tasks", make)


# A file of households that are not there yet.
NEW = {name: [{**row, "household_id": f"N{row['household_id']}"} for row in rows] for name, rows in TABLES.items()}
Works = Callable[..., Worker]


@pytest.fixture
def works(plain: None, desk: tuple[Organisation, int], live_server: LiveServer, chromium: Browser) -> Works:
    def begin(who: str, task: str | Tally = "") -> Worker:
        org, _ = desk
        page = opened(chromium, live_server, org, who, "desk", "zh")
        page.goto(live_server.url)
        tally = task if isinstance(task, Tally) else Tally(task, ROLES[who])
        page.on("domcontentloaded", lambda _: loaded(tally))
        return Worker(page, tally, live_server.url)

    return begin


ROLES = {
    "village": "village helper 村级帮扶责任人",
    "subdistrict": "subdistrict lead 街道包联责任人",
    "admin": "administrator 系统管理员",
    "officer": "two of the district office 区扶贫办两人",
    "second": "two of the district office 区扶贫办两人",
    "auditor": "auditor 审计",
}


def loaded(tally: Tally) -> None:
    tally.loads += 1


def test_a_household_is_found_by_two_characters(
    works: Works, desk: tuple[Organisation, int], sheet: list[Tally]
) -> None:
    at = works("village", "find a household by two characters 两个字找一户")
    at.find("秀兰")
    at.page.locator("h1", has_text=NAME).wait_for()
    assert urlsplit(at.page.url).path == reverse("web:household", args=[desk[1]])
    assert Household.objects.unscoped("test").get(number="H1").pk == desk[1]
    sheet.append(at.done())
    assert at.tally.actions <= 3


def test_a_question_is_answered_and_the_policy_turns_due(
    works: Works, desk: tuple[Organisation, int], sheet: list[Tally]
) -> None:
    before = due(desk[1])
    at = works("village", "answer a question, and see the policy turn due 回答一个问题，看到政策变为应享")
    at.find("秀兰")
    at.click("a[hx-get*='ask=dibao_member']")
    at.choose(".bf-here select[name=fact_dibao_member]", "1")
    at.fill(".bf-here input[name=valid_from]", "2017-03-01")
    at.click(".bf-here .btn-primary")
    at.saved()
    at.click(".bf-tabs a[href$='/policies/']")
    at.page.locator("[data-field=policies] .bf-panel").first.locator(
        ".bf-policy", has_text="农村最低生活保障金"
    ).wait_for()
    said: Any = VERSIONS["welfare"].objects.unscoped("test").get(thing=head(desk[1]), is_current=True)
    assert (said.dibao_member, said.valid_from) == (True, SPRING)
    assert due(desk[1]) - before == {"dibao"}
    sheet.append(at.done())
    assert at.tally.actions <= 9


def due(household: int) -> set[str]:
    """Policies that somebody of it is due, as the verdicts that stand say."""
    rows = PolicyVerdict.objects.unscoped("test").filter(household=household, until=None, verdict="entitled")
    return set(rows.values_list("policy_id", flat=True))


def test_a_years_ledger_is_entered(works: Works, desk: tuple[Organisation, int], sheet: list[Tally]) -> None:
    at = works("village", "enter a year’s ledger 录入一年收支")
    at.find("秀兰")
    at.click(".bf-tabs a[href$='/income/']")
    at.click("#ledger a:has-text('整年填写')")
    at.page.wait_for_url("**/years/**")
    at.fill("input[name='amount_n-rent-0']", "3000")
    at.fill("input[name='note_n-rent-0']", "租地合同")
    at.fill("input[name='amount_n-wage_away-0']", "12000")
    at.fill("input[name=source]", "入户核实")
    at.press("input[name=source]", "Enter")
    at.saved()
    lines = LedgerLine.objects.unscoped("test").filter(act__source="入户核实")
    assert dict(lines.values_list("item", "amount")) == {"rent": 300_000, "wage_away": 1_200_000}
    sheet.append(at.done())
    assert at.tally.actions <= 12


def test_a_scan_is_attached(works: Works, desk: tuple[Organisation, int], sheet: list[Tally], tmp_path: Path) -> None:
    at = works("village", "attach a scan 存入一份扫描件")
    at.find("秀兰")
    at.click(".bf-tabs a[href$='/dossier/']")
    at.click("[data-field=missing] a[href*='kind=hukou_booklet']")
    at.give("input[name=scans]", picture(tmp_path))
    at.submit()
    at.saved()
    paper = Evidence.objects.unscoped("test").get(household=desk[1])
    assert (paper.kind, paper.stands) == ("hukou_booklet", True)
    assert EvidenceFile.objects.unscoped("test").filter(evidence=paper, media="image/jpeg").count() == 1
    sheet.append(at.done())
    assert at.tally.actions <= 9


def picture(folder: Path) -> Path:
    Image.new("RGB", (600, 800), "white").save(folder / "户口本.jpg")
    return folder / "户口本.jpg"


def test_a_finding_is_closed_on_a_paper_of_the_dossier(
    works: Works, desk: tuple[Organisation, int], sheet: list[Tally]
) -> None:
    org, household = desk
    record_facts(
        org.by, org.actor("officer"), household, NewFacts("registration", household, {"status": "exited"}, SPRING)
    )
    assess(org, [household])
    sweep(org.by)
    paper = add_booklet(org, household, "village")
    at = works("village", "close a finding with evidence 凭资料办结一条疑点")
    at.waits("我的任务")
    at.click(f"main tbody a:has-text('{FINDING}')")
    at.click(".bf-title a[href$='/clear/']")
    at.choose("#id_ground", f"paper:{paper}")
    at.fill("#id_reason", "脱贫确认书在档案袋里")
    at.submit()
    at.saved()
    step = TaskStep.objects.unscoped("test").get(what="clear")
    assert (step.state, step.proof, step.paper_id) == ("cleared", "paper", paper)
    assert Task.objects.unscoped("test").get(pk=step.task_id).state == "cleared"
    sheet.append(at.done())
    assert at.tally.actions <= 10


def test_a_submission_is_sent_back(works: Works, desk: tuple[Organisation, int], sheet: list[Tally]) -> None:
    org = desk[0]
    made = new_submission(org, new_round(org, org.places["371102008201"]), "village")
    at = works("subdistrict", "return a submission 退回一个村的上报")
    at.waits("待审核的上报")
    at.click("main tbody td a")
    at.click("main tbody a[href*='/signed/']")
    at.click("main a:text-is('退回')")
    at.fill("#id_reason", "缺两户的收支")
    at.submit()
    at.saved()
    row = Submission.objects.unscoped("test").get(pk=made)
    assert (row.state, row.decided_by_id) == ("returned", org.accounts["subdistrict"])
    sheet.append(at.done())
    assert at.tally.actions <= 11


def test_a_post_is_handed_over(works: Works, desk: tuple[Organisation, int], sheet: list[Tally]) -> None:
    org = desk[0]
    at = works("admin", "hand over a post 交接一个岗位")
    at.menu("岗位")
    at.click("main a:text-is('岗village')")
    at.click("main a:text-is('任免和交接')")
    at.choose("#id_account", str(org.accounts["nobody"]))
    at.submit()
    at.saved()
    seats = Holding.objects.unscoped("test").filter(post=org.posts["village"]).order_by("held_from")
    today = timezone.localdate()
    assert [(seat.account_id, seat.held_until) for seat in seats] == [
        (org.accounts["village"], today),
        (org.accounts["nobody"], None),
    ]
    sheet.append(at.done())
    assert at.tally.actions <= 9


def test_a_sheet_is_imported(works: Works, sheet: list[Tally], tmp_path: Path) -> None:
    file = tmp_path / "花名册.zip"
    file.write_bytes(packed(tmp_path, NEW))
    at = works("subdistrict", "import a sheet 导入一份花名册")
    at.menu("导入")
    at.give("#id_file", file)
    at.fill("#id_as_of", "2017-03-31")
    at.fill("#id_reason", "三月动态调整")
    at.submit()
    at.click("main a:text-is('导入……')")
    at.submit()
    at.page.locator("[data-field=state]", has_text="已导入").wait_for()
    assert set(Household.objects.unscoped("test").values_list("number", flat=True)) == {"H1", "H2", "NH1", "NH2"}
    sheet.append(at.done())
    assert at.tally.actions <= 11


def test_a_parameter_is_published_by_two(
    works: Works, desk: tuple[Organisation, int], sheet: list[Tally], settings: Any, tmp_path: Path
) -> None:
    org = desk[0]
    settings.RUNS_FOLDER = tmp_path / "runs"
    Office(org).run()
    second(org)
    task = Tally("publish a parameter 发布一个参数", ROLES["officer"])
    at = works("officer", task)
    at.menu("政策")
    at.click("main a:has-text('参数')")
    at.click("main a[href$='/hardship_scope/']")
    at.click("main a[href$='/propose/']")
    at.choose("#id_value", "registered")
    at.fill("#id_from_day", "2017-01-01")
    at.fill("#id_source_zh", "区残联2017年通知")
    at.fill("#id_reason", "上级调标")
    at.submit()
    at.click("#id_backdated")
    at.submit()
    at.page.locator("[data-field=standing]", has_text="待签发").wait_for()
    at.done()
    at = works("second", task)
    at.waits("参数等您签发")
    at.click("[data-field=waiting] td a")
    at.click("a.btn-primary")
    at.submit()
    at.page.locator("[data-field=standing]", has_text="已发布").wait_for()
    made = Proposal.objects.unscoped("test").get()
    assert (made.parameter, made.value, made.number) == ("hardship_scope", "registered", 1)
    assert (made.proposed_by_id, made.decided_by_id) == (org.accounts["officer"], org.accounts["second"])
    sheet.append(at.done())
    assert at.tally.actions <= 25


def test_a_list_is_printed(works: Works, desk: tuple[Organisation, int], sheet: list[Tally]) -> None:
    at = works("village", "print a list 打印一份花名册")
    at.menu("文书")
    at.choose("#id_paper", "roster.xlsx")
    with at.page.expect_download() as given:
        at.submit()
    assert "王秀兰" in cells(given.value)
    assert Issue.objects.unscoped("test").get().kind == "roster"
    sheet.append(at.done())
    assert at.tally.actions <= 4


def cells(given: Download) -> set[str]:
    book = openpyxl.load_workbook(io.BytesIO(Path(given.path()).read_bytes()))
    return {str(cell) for row in book.worksheets[0].iter_rows(values_only=True) for cell in row}


def test_an_auditor_reads_and_is_offered_nothing_that_changes_anything(
    works: Works, desk: tuple[Organisation, int]
) -> None:
    org, household = desk
    at = works("auditor")
    seen = [
        reverse("web:household", args=[household]),
        *(reverse(f"web:household-{part}", args=[household]) for part in PARTS),
        reverse("web:dossier", args=[household]),
        reverse("web:task", args=[new_task(org, household)]),
        reverse("web:policy", args=["dibao"]),
    ]
    linked = sorted({link for each in seen for link in links(at, each)} - set(seen))
    assert [offered for each in [*seen, *linked] for offered in changes(at, each)] == []
    assert changes(works("village"), seen[0]) != []


def links(at: Worker, address: str) -> list[str]:
    at.page.goto(at.server + address)
    found: list[str] = at.page.eval_on_selector_all("main a[href^='/']", "all => all.map(a => a.pathname)")
    return found


def changes(at: Worker, address: str) -> list[str]:
    """What a page offers to change by: forms that send something and are no search, and forms to be opened in it; or that it cannot be read.

    It is asked for and not shown: no script of ours adds such a form, and to show a page takes three times as long.
    """
    answer = at.page.request.get(at.server + address)
    sends = at.page.evaluate(
        "([page, all]) => new DOMParser().parseFromString(page, 'text/html').querySelectorAll(all).length",
        [
            answer.text(),
            "main form[method=post]:not([role=search]), main [data-edit], main [hx-get], main [hx-post]",
        ],
    )
    return [f"{address}: {answer.status}, {sends}"] * (sends > 0 or answer.status != 200)
