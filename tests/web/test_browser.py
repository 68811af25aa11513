"""Every page in a real browser, at the desk's size and at the phone's, in both languages.

Nothing that axe calls a violation, nothing that the content policy refuses, nothing wider than the screen, no Chinese on an English page but data.
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from django.conf import settings as installation
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from bangfu.access.models import Account, Session
from bangfu.access.services.people import set_id_number
from bangfu.access.services.sign_in import reset_account
from bangfu.assessment.models import Run
from bangfu.casework.models import Rectification, Round, Submission, Task
from bangfu.casework.services.sweeping import sweep
from bangfu.documents.models import Batch, BatchPaper, BatchUnprinted, Door, Issue
from bangfu.exports.data import NewExport
from bangfu.exports.models import Export
from bangfu.exports.services.asking import ask
from bangfu.intake.models import Upload
from bangfu.places.positions import locate
from bangfu.policies.models import Proposal
from bangfu.registry.models import Act, Evidence, Household, LedgerLine, Person, Receipt
from bangfu.registry.services.assignments import assign
from tests.assessment.conftest import Office
from tests.assessments import assess, done_run
from tests.casework.things import new_rectification, new_round, new_submission, new_task
from tests.examples import first_of
from tests.households import full_household, new_household
from tests.kept import kept
from tests.organisation import Organisation, founded
from tests.registry.test_imports import TABLES, changed
from tests.uploads import handed_in, new_list, new_upload
from tests.web.conftest import session_token
from tests.web.test_imports import packed
from tests.web.test_matrix import effects, proposals

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {"desk": (1366, 768), "phone": (360, 800)}
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
)
# Who looks at which page; `thing` is the member of the cast that the address names.
PAGES: dict[str, tuple[str, str | None]] = {
    "sign-in": ("", None),
    "home": ("officer", None),
    "help": ("village", None),
    "me": ("admin", None),
    "me-phone": ("village", None),
    "first-password": ("village", None),
    "confirm": ("village", None),
    "second-factor": ("village", None),
    "people": ("admin", None),
    "person": ("admin", "account"),
    "person-add": ("admin", None),
    "person-reveal": ("admin", "account"),
    "person-close": ("admin", "account"),
    "posts": ("admin", None),
    "post": ("admin", "post"),
    "post-open": ("admin", None),
    "post-hand-over": ("admin", "post"),
    "post-close": ("admin", "post"),
    "places": ("admin", None),
    "place": ("admin", "place"),
    "place-change": ("admin", "place"),
    "units": ("admin", None),
    "unit-give": ("admin", "unit"),
    "runs": ("officer", None),
    "run": ("officer", "run"),
    "run-start": ("officer", None),
    "record": ("auditor", None),
    "payments": ("subdistrict", None),
    "payment-list": ("subdistrict", "payment list"),
    "households": ("village", None),
    "figures": ("officer", None),
    "place-positions": ("admin", "place"),
    "household": ("village", "household"),
    "household-members": ("village", "household"),
    "household-income": ("village", "household"),
    "household-guarantees": ("village", "household"),
    "household-policies": ("village", "household"),
    "household-needs": ("village", "household"),
    "household-living": ("village", "household"),
    "household-history": ("village", "household"),
    "ledger-year": ("village", "year"),
    "household-add": ("village", None),
    "gaps": ("officer", None),
    "questions": ("village", None),
    "helper-assign": ("officer", "household"),
    "facts-history": ("village", "welfare of a person"),
    "differences": ("village", None),
    "household-differences": ("village", "household"),
    "facts-change": ("village", "welfare of a person"),
    "thing-add": ("village", "asset"),
    "ledger-add": ("village", "household"),
    "receipt-add": ("village", "household"),
    "line-correct": ("village", "line"),
    "receipt-correct": ("village", "receipt"),
    "receipt-withdraw": ("village", "receipt"),
    "procedure": ("village", "split"),
    "act-undo": ("village", "act"),
    "dossier": ("village", "household"),
    "paper-add": ("village", "household"),
    "paper-check": ("village", "paper"),
    "exports": ("second", None),
    "export": ("village", "made export"),
    "export-ask": ("officer", None),
    "export-approve": ("second", "waiting export"),
    "export-refuse": ("second", "waiting export"),
    "export-withdraw": ("officer", "waiting export"),
    "imports": ("subdistrict", None),
    "import": ("subdistrict", "upload"),
    "import-apply": ("subdistrict", "upload"),
    "policies": ("village", None),
    "policy": ("village", "policy"),
    "policy-households": ("officer", "due of a policy"),
    "readings": ("officer", None),
    "reading-assign": ("officer", "reading"),
    "parameters": ("second", None),
    "parameter": ("officer", "parameter"),
    "parameter-propose": ("officer", "parameter"),
    "proposal": ("second", "proposal"),
    "proposal-sign": ("second", "proposal"),
    "household-papers": ("officer", "household"),
    "papers": ("village", None),
    "paper-batch": ("village", "batch"),
    "door": ("", "sign"),
    "tasks": ("officer", None),
    "tasks-cut": ("officer", "cut"),
    "task": ("village", "task"),
    "task-step": ("village", "task to confirm"),
    "task-assign": ("officer", "task"),
    "reviews": ("subdistrict", None),
    "round-open": ("subdistrict", None),
    "round": ("village", "round"),
    "report-sign": ("village", "report"),
    "submission": ("subdistrict", "submission"),
    "submission-return": ("subdistrict", "submission"),
    "rectifications": ("officer", None),
    "rectification-open": ("officer", None),
    "rectification": ("officer", "rectification"),
}
# What a list is filtered to, and which pages are asked with it.
NARROWED = "gaps=no_district_helper"
ASKED = {"export-ask": f"?{NARROWED}"}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Playwright runs a loop of its own in this thread, which Django takes for one of ours.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def peopled(committed: None, ring: Any, tmp_path: Path) -> Organisation:
    return kept("peopled", lambda: new_peopled(ring, tmp_path))


def new_peopled(ring: Any, tmp_path: Path) -> Organisation:
    org = founded(ring)
    set_id_number(org.by, org.founder, org.accounts["village"], "11010519491231002X")
    # Before there is a household of which a year is settled.
    handed_in(org, "subdistrict", packed(tmp_path, TABLES))
    handed_in(org, "subdistrict", packed(tmp_path, changed("household", 0, status="很穷")), "有错误.zip")
    new_list(org, 1, "subdistrict", "371102008")
    made = full_household(org, "H1", "371102008201", "village")
    # Another subdistrict's, so that there is a map.
    full_household(org, "H9", "371102009201", "other")
    locate(org.by, org.places["371102"], "371102008201 119.51 35.42\n371102009201 119.57 35.47")
    done_run(org)
    new_task(org, made)
    assess(org, [made])
    sweep(org.by)
    second(org)
    export(org, full_numbers=False)
    export(org, full_numbers=True)
    return org


def asked(org: Organisation, who: str, *, full_numbers: bool) -> None:
    """An export: a small one is made at once; with full numbers, and of what a list is filtered to, it waits for another officer."""
    now = timezone.now()
    narrowed = NARROWED if full_numbers else ""
    new = NewExport("contract", org.places["371102008201"], now.date(), full_numbers, narrowed)
    ask(replace(org.by, at=now, reason="报区统计局年度核对"), org.actor(who, at=now), new)


def second(org: Organisation) -> None:
    """Another officer, since nobody approves what they asked for themselves."""
    org.add("second")
    org.open("second", "officer", "371102")
    org.seat("second", "second")


def address(org: Organisation, url: str) -> str:
    """Where a page is; whoever looks at it, and what it is about, is made if it is not there."""
    who, thing = PAGES[url]
    if who == "second" and who not in org.accounts:
        second(org)
    ids: dict[str, Callable[[], list[object]]] = {
        "account": lambda: [org.accounts["village"]],
        "post": lambda: [org.posts["village"]],
        "place": lambda: [org.places["371102"]],
        "unit": lambda: [org.zone],
        "household": lambda: [household(org)],
        "run": lambda: [first(Run) or done_run(org)],
        "welfare of a person": lambda: [
            household(org),
            "welfare",
            Person.objects.unscoped("test").order_by("pk")[0].pk,
        ],
        "asset": lambda: [household(org), "asset"],
        "year": lambda: [household(org), 2017],
        "line": lambda: [household(org), LedgerLine.objects.unscoped("test").order_by("pk")[0].pk],
        "receipt": lambda: [household(org), Receipt.objects.unscoped("test").order_by("pk")[0].pk],
        "split": lambda: [household(org), "split"],
        "paper": lambda: [household(org), Evidence.objects.unscoped("test").order_by("pk")[0].pk],
        "made export": lambda: [export(org, full_numbers=False)],
        "waiting export": lambda: [export(org, full_numbers=True)],
        "upload": lambda: [first(Upload, kind="register") or new_upload(org, 2, "subdistrict", "371102008")],
        "policy": lambda: ["disability_living"],
        "due of a policy": lambda: ["dibao", "due"],
        "reading": lambda: ["dibao_or_wubao"],
        "parameter": lambda: ["disability_living_rate"],
        "proposal": lambda: [proposal(org)],
        "batch": lambda: [batch(org)],
        "sign": lambda: [Door.objects.unscoped("test").get(household=household(org)).sign],
        "payment list": lambda: [first(Upload, kind="payments") or new_list(org, 1, "subdistrict", "371102008")],
        "cut": lambda: ["item"],
        "task": lambda: [first(Task) or new_task(org, household(org))],
        "task to confirm": lambda: [first(Task) or new_task(org, household(org)), "finish"],
        "round": lambda: [first(Round) or new_round(org, org.places["371102008"])],
        "report": lambda: [first(Round) or new_round(org, org.places["371102008"]), org.places["371102008201"]],
        "submission": lambda: [submission(org)],
        "rectification": lambda: [first(Rectification) or new_rectification(org, org.places["371102"])],
        "act": lambda: [household(org), Act.objects.order_by("pk")[0].pk],
    }
    return reverse(f"web:{url}", args=ids[thing]() if thing else []) + ASKED.get(url, "")


def submission(org: Organisation) -> int:
    """Of a village with a round of its own, so that another can still be signed."""
    return first(Submission) or new_submission(org, new_round(org, org.places["371102008202"]), "sibling")


def batch(org: Organisation) -> int:
    """One that was stopped half-way; of two households of which a paper was made, one is in another subdistrict by now; what could not be printed is listed."""
    found = first(Batch)
    if found is not None:
        return found
    said = {"kind": "policy_sheet", "format": "pdf", "language": "zh", "state": "stopped", "wanted": 8, "done": 2}
    place = org.places["371102008201"]
    made = Batch.objects.create(
        **said, account_id=org.accounts["village"], at=org.by.at, place_id=place, day=org.by.at.date()
    )
    for issue in Issue.objects.unscoped("test").exclude(household=None):
        paper = {"household_id": issue.household_id, "name": "甲.pdf", "file": "0" * 64}
        BatchPaper.objects.create(**paper, batch=made, issue=issue)
        assert issue.household is not None
        BatchUnprinted.objects.create(
            batch=made, household=issue.household, why=["第 1 份扫描件读不出来。", "Not read."]
        )
    return made.pk


def proposal(org: Organisation) -> int:
    """One that was tried, with a household that gains by it."""
    found = first(Proposal)
    if found is not None:
        return found
    made = proposals(org)[0]
    effects(made, (household(org),))
    return made


def household(org: Organisation) -> int:
    """One of which everything is filled in."""
    found = Household.objects.unscoped("test").first()
    return full_household(org, "H1", "371102008201", "village") if found is None else found.pk


def export(org: Organisation, *, full_numbers: bool) -> int:
    found = first(Export, full_numbers=full_numbers)
    if found is None:
        household(org)
        asked(org, "officer" if full_numbers else "village", full_numbers=full_numbers)
    return found or export(org, full_numbers=full_numbers)


def first(model: Any, **condition: object) -> int | None:
    row = model._base_manager.filter(**condition).order_by("pk").first()
    return None if row is None else int(row.pk)


def opened(browser: Browser, server: LiveServer, org: Organisation, who: str, size: str, lang: str) -> Page:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    cookies = [{"name": "lang", "value": lang, "url": server.url}]
    if who:
        token = session_token(org.accounts[who])
        cookies.append({"name": installation.SESSION_COOKIE_NAME, "value": token, "url": server.url})
    context.add_cookies(cookies)  # type: ignore[arg-type]
    return context.new_page()


@pytest.fixture
def plain(settings: Any) -> None:
    """As on one's own machine, without TLS."""
    settings.HTTPS = False
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "bangfu", "bangfu-form"
    settings.CSRF_COOKIE_SECURE = False


# Each page is looked at once in ./test, at the desk or on the phone by turns; with --long, at both and in both languages.
@pytest.mark.parametrize(
    ("size", "lang", "turn"),
    [
        pytest.param("desk", "zh", slice(0, None, 2), id="by turns, desk-zh"),
        pytest.param("phone", "en", slice(1, None, 2), id="by turns, phone-en"),
        *(
            pytest.param(size, lang, slice(None), id=f"all, {size}-{lang}", marks=pytest.mark.long)
            for size, lang in (("desk", "zh"), ("phone", "en"), ("phone", "zh"))
        ),
    ],
)
def test_every_page_can_be_read_used_and_breaks_no_rule_of_its_own(
    plain: None, peopled: Organisation, live_server: LiveServer, chromium: Browser, size: str, lang: str, turn: slice
) -> None:
    if lang == "en":
        Account.objects.unscoped("test").update(language="en")
    wrong: list[str] = []
    # A window for each who looks: opening one takes longer than most pages.
    windows: dict[str, tuple[Page, list[ConsoleMessage]]] = {}
    # While working on a few pages, BANGFU_PAGES="household households" looks at these alone.
    for url in os.environ.get("BANGFU_PAGES", "").split() or list(PAGES)[turn]:
        who = PAGES[url][0]
        where = address(peopled, url)
        if who not in windows:
            page = opened(chromium, live_server, peopled, who, size, lang)
            windows[who] = page, heard(page)
        page, complaints = windows[who]
        complaints.clear()
        answer = page.goto(live_server.url + where)
        assert answer is not None
        if answer.status != 200 or not page.url.endswith(where):
            wrong.append(f"{url}: {answer.status} {page.url}")
        wrong += [f"{url}: {each}" for each in faults(page, lang)]
        wrong += [f"{url}: {each.text}" for each in complaints if each.type == "error"]
        picture(page, f"{url}-{size}-{lang}")
    for page, _ in windows.values():
        page.context.close()
    assert wrong == []


@pytest.mark.parametrize(("size", "lang"), first_of(1, [("desk", "zh"), ("phone", "en")]))
def test_a_list_of_payments_is_looked_at_settled_and_booked(
    plain: None, peopled: Organisation, live_server: LiveServer, chromium: Browser, tmp_path: Path, size: str, lang: str
) -> None:
    Account.objects.unscoped("test").update(language=lang)
    listed = tmp_path / "清单.csv"
    rows = ("姓名,村,项目,金额,发放日期", "甲son,东一村,低保,320,2017-03-10", "无此人,东一村,高龄津贴,100,2017-03-10")
    listed.write_text("\n".join(rows), encoding="utf-8")
    page = opened(chromium, live_server, peopled, "subdistrict", size, lang)
    page.goto(f"{live_server.url}/payments/")
    page.set_input_files("#id_file", str(listed))
    page.fill("#id_reason", "农商行三月清单")
    page.click("main form .btn-primary")
    assert faults(page, lang) == []
    picture(page, f"payments-open-{size}-{lang}")
    page.select_option("select[name=whose_3]", "aside")
    page.fill("input[name=why_3]", "查无此人")
    page.click("#settle .btn-primary")
    assert faults(page, lang) == []
    picture(page, f"payments-ready-{size}-{lang}")
    page.click("form[action$=book\\/] .btn-primary")
    assert page.locator(".alert-success").count() == 1
    page.context.close()


@pytest.mark.parametrize(("size", "lang"), first_of(1, [("desk", "zh"), ("phone", "en"), ("phone", "zh")]))
def test_gaps_of_a_village_are_filled_at_once_and_what_was_wrong_is_taken_back(
    plain: None, peopled: Organisation, live_server: LiveServer, chromium: Browser, size: str, lang: str
) -> None:
    Account.objects.unscoped("test").update(language=lang)
    made = [new_household(peopled, number, "371102008201") for number in ("H2", "H3", "H4")]
    mate = peopled.open("mate", "village", "371102008201")
    page = opened(chromium, live_server, peopled, "subdistrict", size, lang)
    page.goto(f"{live_server.url}/households/gaps/")
    page.click("[data-field=villages] a")
    assert page.locator("input[name=household]").count() == 4
    page.select_option("#id_post", str(peopled.posts["village"]))
    page.fill("#id_reason", "街道会议定的")
    assert faults(page, lang) == []
    picture(page, f"gaps-of-a-village-{size}-{lang}")
    # A colleague fills one of them meanwhile.
    assign(peopled.by, peopled.actor("officer"), made[0], mate, peopled.by.at.date())
    page.click("button[name=all]")
    assert page.locator("input[name=household]").count() == 3
    assert faults(page, lang) == []
    picture(page, f"gaps-looked-at-{size}-{lang}")
    page.uncheck(f"input[value='{made[2]}']")
    page.click("button[name=sure]")
    assert page.locator(".alert-success").count() == 1
    assert page.locator("input[name=household]").count() == 1
    assert faults(page, lang) == []
    picture(page, f"gaps-that-remain-{size}-{lang}")
    page.click("[data-field=lately] a")
    page.check("input[name=assignment] >> nth=0")
    page.fill("#id_reason", "选错了")
    assert faults(page, lang) == []
    picture(page, f"gaps-assigned-{size}-{lang}")
    page.click("main .btn-danger >> nth=0")
    assert page.locator("input[name=assignment]").count() == 1
    assert faults(page, lang) == []
    picture(page, f"gaps-withdrawn-{size}-{lang}")
    page.context.close()


@pytest.mark.parametrize(("size", "lang"), first_of(1, [("desk", "zh"), ("phone", "en"), ("phone", "zh")]))
def test_an_auditor_comes_from_a_thing_to_what_was_done_to_it_and_back(
    plain: None, peopled: Organisation, live_server: LiveServer, chromium: Browser, size: str, lang: str
) -> None:
    Account.objects.unscoped("test").update(language=lang)
    page = opened(chromium, live_server, peopled, "auditor", size, lang)
    for url in ("household", "person", "post", "place"):
        where = live_server.url + address(peopled, url)
        page.goto(where)
        assert faults(page, lang) == []
        picture(page, f"audited-{url}-{size}-{lang}")
        page.click("#content a[href^='/record/?']")
        assert page.locator(".bf-chips .bf-tag").count() == 1
        assert faults(page, lang) == []
        picture(page, f"record-of-{url}-{size}-{lang}")
        if url != "place":
            page.locator("td[data-field=subject] a.bf-quiet").first.click()
            assert page.url == where
    page.context.close()


# The way through is gone in ./test as one of ten tasks (test_ten_tasks.py); here each page of it is looked at.
@pytest.mark.long
def test_an_officer_publishes_a_parameter_that_another_signs_after_a_look_at_whom_it_changes(
    plain: None, peopled: Organisation, live_server: LiveServer, chromium: Browser, settings: Any, tmp_path: Path
) -> None:
    settings.RUNS_FOLDER = tmp_path / "runs"
    Office(peopled).run()
    page = opened(chromium, live_server, peopled, "officer", "desk", "zh")
    page.goto(f"{live_server.url}/policies/parameters/hardship_scope/propose/")
    page.select_option("#id_value", "registered")
    page.fill("#id_from_day", "2017-01-01")
    page.fill("#id_source_zh", "区残联2017年通知")
    page.fill("#id_reason", "上级调标")
    page.click("main form .btn-primary")
    assert "请勾选确认" in page.inner_text("main")
    page.check("#id_backdated")
    page.click("main form .btn-primary")
    assert page.inner_text("[data-field=standing]") == "待签发"
    assert page.locator("a.btn-primary").count() == 0
    where = page.url
    page.context.close()
    page = opened(chromium, live_server, peopled, "second", "desk", "zh")
    page.goto(f"{live_server.url}/policies/parameters/")
    page.click("[data-field=waiting] td a")
    assert page.url == where
    assert page.inner_text("#trial td[data-label=户编号]") == "H1"
    assert faults(page, "zh") == []
    picture(page, "proposal-tried-desk-zh")
    page.click("a.btn-primary")
    page.click("main form .btn-primary")
    assert page.inner_text("[data-field=standing]") == "已发布"
    page.goto(f"{live_server.url}/runs/")
    assert "发布了参数" in page.inner_text("main")
    page.context.close()


def heard(page: Page) -> list[ConsoleMessage]:
    """What the browser will say of the page, filled as it says it."""
    said: list[ConsoleMessage] = []

    def hear(message: ConsoleMessage) -> None:
        said.append(message)

    page.on("console", hear)
    return said


def faults(page: Page, lang: str) -> list[str]:
    # Handed to a page that is asked, and not to each that is passed: the browser reads half a megabyte each time.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    # What it finds nothing wrong with is not told in full: that takes long, and nobody reads it.
    found = page.evaluate(
        "() => axe.run({resultTypes: ['violations']})"
        ".then(r => r.violations.map(v => v.id + ' ' + v.nodes.map(n => n.target).join(' | ')))"
    )
    said = [f"axe {each}" for each in found]
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        said.append(f"{wide} px too wide")
    if page.get_attribute("html", "lang") != {"zh": "zh-Hans", "en": "en"}[lang]:
        said.append("says the wrong language")
    return said


def picture(page: Page, name: str) -> None:
    """Kept where BANGFU_PICTURES names a folder, for people to look at."""
    folder = os.environ.get("BANGFU_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_somebody_signs_in_is_made_to_choose_a_password_and_sets_up_a_phone(
    plain: None, peopled: Organisation, live_server: LiveServer, chromium: Browser
) -> None:
    password = reset_account(replace(peopled.by, at=timezone.now()), peopled.founder, peopled.accounts["admin"])
    page = chromium.new_context(viewport={"width": 1366, "height": 768}).new_page()
    page.goto(f"{live_server.url}/people/")
    page.fill("#id_login", "admin")
    page.fill("#id_password", "wrong")
    page.click("main button")
    assert "登录名或密码不对" in page.inner_text("main")
    assert page.input_value("#id_login") == "admin"
    page.fill("#id_password", password)
    page.click("main button")
    assert "请先设置只有您自己知道的密码" in page.inner_text("main")
    page.goto(f"{live_server.url}/people/")
    assert "/password/" in page.url
    page.fill("#id_old", password)
    page.fill("#id_new", "四匹马-harbour-walnut")
    page.fill("#id_again", "四匹马-harbour-walnut")
    page.click("main button")
    assert page.url == f"{live_server.url}/people/"
    page.click("text=新增人员")
    assert "/me/second-factor/" in page.url
    page.click("text=现在启用")
    page.fill("#id_code", pyotp.TOTP(page.inner_text("main code")).now())
    page.click("text=完成")
    assert page.locator(".bf-secrets li").count() == 10
    page.goto(f"{live_server.url}/people/add/")
    page.fill("#id_login", "xin.ren")
    page.fill("#id_name", "新人")
    page.select_option("#id_home", index=1)
    page.click("main button")
    assert re.fullmatch(r"(?:[a-z2-9]{4}-){3}[a-z2-9]{4}", page.inner_text(".bf-secrets code"))
    page.context.close()


@pytest.mark.parametrize(("size", "lang"), [("desk", "zh"), ("phone", "en")])
def test_what_was_typed_comes_through_the_password_that_is_asked_for_again(
    plain: None, peopled: Organisation, live_server: LiveServer, chromium: Browser, size: str, lang: str
) -> None:
    account = Account.objects.unscoped("test").get(pk=peopled.accounts["admin"])
    account.set_password("四匹马-harbour-walnut")
    account.language = lang
    account.save()
    page = opened(chromium, live_server, peopled, "admin", size, lang)
    page.goto(f"{live_server.url}/posts/{peopled.posts['other']}/hand-over/")
    page.select_option("#id_account", str(peopled.accounts["nobody"]))
    page.fill("#id_on", "2017-12-01")
    Session.objects.unscoped("test").update(confirmed_at=timezone.now() - timedelta(hours=1))
    page.click("main form .btn-primary")
    assert faults(page, lang) == []
    picture(page, f"confirm-with-a-form-{size}-{lang}")
    page.fill("#id_password", "四匹马-harbour-walnut")
    page.click("main form .btn-primary")
    assert faults(page, lang) == []
    picture(page, f"go-on-{size}-{lang}")
    page.click("main form .btn-primary")
    assert page.url == f"{live_server.url}/posts/{peopled.posts['other']}/"
    assert "人nobody" in page.inner_text("main")
    page.context.close()


def test_a_script_that_got_into_a_page_would_not_run(
    plain: None, peopled: Organisation, live_server: LiveServer, chromium: Browser
) -> None:
    page = opened(chromium, live_server, peopled, "village", "desk", "zh")
    page.goto(live_server.url)
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s) }"
    )
    assert page.evaluate("() => window.ran === true") is False
    page.context.close()


def test_axe_itself_would_see_a_fault(chromium: Browser) -> None:
    page = chromium.new_page()
    page.add_init_script(path=AXE)
    page.goto("about:blank")
    page.set_content("<html><body><img src='x'><input></body></html>")
    assert json.dumps(faults(page, "zh")).count("axe") > 2
    page.close()
