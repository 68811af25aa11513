"""A household's page: what its parts say, what a change would bring before it is saved, a year entered at once, and two who edit the same."""

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bangfu.assessment.household import glance
from bangfu.audit.models import Entry
from bangfu.registry.data import NewFacts, NewPerson
from bangfu.registry.facts import groups, groups_of, things
from bangfu.registry.models import VERSIONS, LedgerLine, Person, Receipt
from bangfu.registry.services.assignments import assign
from bangfu.registry.services.facts import record_facts
from bangfu.registry.services.households import add_thing
from bangfu.registry.services.ledger import NewLine, record_ledger, settle_year
from bangfu.registry.services.procedures import Event, record_member
from bangfu.registry.services.receipts import NewReceipt, record_receipt
from bangfu.registry.values import Value
from bangfu.web.households.bar import WIDTH, bar_of
from tests.assessments import assess, done_run
from tests.begun import Begun
from tests.households import new_household, sample_of
from tests.organisation import Organisation
from tests.web.conftest import SignedIn

PARTS = ("members", "income", "guarantees", "policies", "needs", "living", "history")
DAY, SPRING = date(2017, 1, 1), date(2017, 3, 1)
# What is known of everybody, so that little is left to ask.
KNOWN: dict[str, dict[str, Value]] = {
    "housing": {"house_owned": True, "dangerous_house": False, "house_grade": "A", "resettled": False},
    "daily_life": {"food_secure": True, "clothing_secure": True, "water_safe": True},
    "health": {"chronic_illness": False, "serious_illness": False, "medical_aid": False, "incapacitated": False},
    "disability": {"disability_certificate": False},
    "insurance": {"basic_medical_insured": True, "serious_illness_insured": True},
    "welfare": {"dibao_member": False, "wubao_care": "none", "orphan_care": "none", "child_in_hardship": False},
}
DIBAO: dict[str, Value] = {"dibao_monthly": 20_000, "dibao_from": DAY}
AS_HTMX = {"HX-Request": "true"}


def page(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(f"web:{name}", args=args))
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def send(client: Client, name: str, /, *args: object, headers: Any = None, **given: object) -> Any:
    return client.post(reverse(f"web:{name}", args=args), given, headers=headers)


@pytest.fixture
def household(begun: Begun[int]) -> int:
    return begun.made


def assessed_household(org: Organisation) -> int:
    """One whose head is on dibao if somebody would only say so; assessed."""
    made = new_household(org, "H1", "371102008201")
    by, actor = org.by, org.actor("village")
    for group, values in KNOWN.items():
        of_house = groups()[group].of == "household"
        for thing in [made] if of_house else list(members(made)):
            record_facts(by, actor, made, NewFacts(group, thing, values, DAY))
    record_facts(by, actor, made, NewFacts("welfare", head(made), {"dibao_member": None, **DIBAO}, SPRING))
    record_ledger(by, actor, made, 2016, [NewLine("crop", 600_000), NewLine("wage_local", 300_000, head(made))])
    record_ledger(by, actor, made, 2016, [NewLine("inputs", 90_000)])
    done_run(org)
    assess(org, [made])
    return made


BEGIN = assessed_household


def filled(org: Organisation, number: str, times: int) -> int:
    """With so many relatives, and so many of all that a household has several of."""
    by, actor = org.by, org.actor("village")
    made = new_household(org, number, "371102008201")
    assign(by, org.actor("officer"), made, org.posts["village"], DAY)
    for each in range(times):
        known: dict[str, dict[str, Value]] = {"membership": {"relation": "other"}, "identity": {"name": "乙"}}
        record_member(by, actor, Event(made, date(2017, 2, 1)), NewPerson(f"{number}-{each}", known))
        who = Person.objects.unscoped("test").get(number=f"{number}-{each}").pk
        record_facts(by, actor, made, NewFacts("papers", who, {"id_number": f"37110219600301{each:03}X"}, DAY))
        record_receipt(by, actor, made, NewReceipt("dibao", 2017, 100, who))
        record_ledger(by, actor, made, 2017, [NewLine("crop", 100, who), NewLine("wage_local", 100, who)])
        for kind in things().values():
            if kind.several:
                add_thing(
                    by, actor, made, NewFacts(groups_of(kind.name)[0].name, 0, sample_of(groups_of(kind.name)[0]), DAY)
                )
    return made


def head(household: int) -> int:
    rows = VERSIONS["membership"].objects.unscoped("test").filter(household=household, is_current=True, relation="head")
    return int(rows.values_list("thing_id", flat=True)[0])


def members(household: int) -> list[int]:
    return list(Person.objects.unscoped("test").filter(household=household).values_list("pk", flat=True))


def test_amounts_of_the_rulebook_and_of_the_register_are_written_as_the_desk_writes_them(
    org: Organisation, browser: SignedIn, household: int
) -> None:
    by, actor = org.by, org.actor("village")
    record_ledger(by, actor, household, 2016, [NewLine("crop", 123_456_700), NewLine("medical_cost", 765_432_100)])
    add_thing(by, actor, household, NewFacts("asset", 0, {**sample_of(groups()["asset"]), "value": 234_567_800}, DAY))
    assess(org, [household])
    client, said = browser("village"), ""
    for part in ("household", "household-guarantees", "household-policies", "household-living"):
        said += re.sub(r'value="[^"]*"', "", page(client, part, household))
    assert re.findall(r"(?<![\d.,])\d{4,}\.\d{2}(?![\d.])", said) == []
    assert "2,345,678.00" in said
    assert re.search(r'data-field="findings".*?\d,\d{3}\.\d{2}.*?</section>', said, re.DOTALL)


def test_the_overview_says_who_where_how_much_and_what_to_ask(browser: SignedIn, household: int) -> None:
    said = page(browser("village"), "household", household)
    # (6,000 + 3,000 - 900) among three.
    assert re.search(r'bf-big">2,700.00', said)
    assert "低于标准线 3,402.00 元" in said
    assert "东一村" in said
    link = reverse("web:facts-change", args=[household, "welfare", head(household)]) + "?ask=dibao_member"
    assert link in re.findall(r'href="([^"]+\?ask=\w+)"', said)
    asked = unescape(browser("village").get(link).content.decode())
    assert re.search(r'<select name="fact_dibao_member"[^>]* autofocus', asked)


def test_the_bar_adds_up_to_the_sources_and_marks_the_line(org: Organisation, household: int) -> None:
    seen = glance(org.actor("village"), household)
    assert seen is not None
    bar = bar_of(seen)
    assert bar is not None
    assert [(each.label.zh, each.amount, each.share) for each in bar.segments] == [
        ("工资性收入", 100_000, 33),
        ("生产经营性收入", 200_000, 67),
    ]
    assert bar.segments[0].x + bar.segments[0].width == bar.segments[1].x
    assert (bar.expense, bar.line < WIDTH, bar.net < bar.line) == (30_000, True, True)


def test_an_auditor_reads_every_part_and_is_offered_no_change(browser: SignedIn, household: int) -> None:
    told = "".join(page(browser("auditor"), f"household-{part}", household) for part in PARTS)
    told += page(browser("auditor"), "household", household)
    assert not re.search(r"data-edit|hx-get|/ledger/add/|/years/", told)


@pytest.mark.parametrize("part", ["household", *(f"household-{each}" for each in PARTS), "dossier"])
def test_a_part_takes_as_many_queries_for_a_large_household_as_for_a_small_one(
    browser: SignedIn, org: Organisation, part: str
) -> None:
    small, large = filled(org, "H1", 1), filled(org, "H2", 8)
    done_run(org)
    assess(org, [small, large])
    client, counts = browser("village"), []
    for household in (small, small, large):  # the first warms what is kept between requests
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(client, part, household)
        counts.append(len(queries))
    assert 0 < counts[1] == counts[2]


def test_what_would_come_of_an_answer_is_shown_before_anything_is_saved(browser: SignedIn, household: int) -> None:
    client, entries = browser("village"), Entry.objects.filter(act="registry.record_facts").count()
    version = VERSIONS["welfare"].objects.unscoped("test").get(thing=head(household), is_current=True)
    given = {
        "fact_dibao_member": "1",
        "fact_dibao_monthly": "200",
        "fact_dibao_from": DAY,
        "fact_wubao_care": "none",
        "fact_orphan_care": "none",
        "fact_child_in_hardship": "0",
        "valid_from": SPRING,
        "version": version.pk,
    }
    address = ("facts-change", household, "welfare", head(household))
    whole, piece = (
        unescape(send(client, *address, headers=headers, **given, preview="1").content.decode())
        for headers in (None, {**AS_HTMX, "HX-Target": "preview-1"})
    )
    assert [bool(re.search(r"成为应享</span> 农村最低生活保障金 甲head", each)) for each in (whole, piece)] == [
        True
    ] * 2
    assert ["问清了：甲head 低保对象" in each for each in (whole, piece)] == [True, True]
    assert ["<html" in each for each in (whole, piece)] == [True, False]
    assert Entry.objects.filter(act="registry.record_facts").count() == entries
    answer = send(client, *address, headers=AS_HTMX, **given)
    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")
    due = page(client, "household-policies", household).partition("待核实")[0]
    assert "农村最低生活保障金" in due


def test_a_preview_of_what_is_not_filled_in_rightly_says_so(browser: SignedIn, household: int) -> None:
    version = VERSIONS["welfare"].objects.unscoped("test").get(thing=head(household), is_current=True)
    said = send(
        browser("village"),
        "facts-change",
        household,
        "welfare",
        head(household),
        fact_dibao_monthly="2,0",
        valid_from=DAY,
        version=version.pk,
        preview="1",
    ).content.decode()
    assert "填写的内容还不完整" in unescape(said)


def test_a_line_would_lift_the_income_and_a_withdrawal_lower_it(browser: SignedIn, household: int) -> None:
    client = browser("village")
    said = send(client, "ledger-add", household, year=2016, item="rent", amount="300", preview="1").content.decode()
    assert re.search(r"2,700.00\s*→ <strong>2,800.00", said)
    line = LedgerLine.objects.unscoped("test").get(item="crop").pk
    said = send(client, "line-withdraw", household, line, preview="1").content.decode()
    assert re.search(r"2,700.00\s*→ <strong>700.00", said)
    assert LedgerLine.objects.unscoped("test").filter(stands=True).count() == 3


def test_a_receipt_would_come_with_what_it_books(browser: SignedIn, household: int) -> None:
    given = {"policy": "dibao", "year": 2016, "amount": "900", "person": head(household)}
    said = send(browser("village"), "receipt-add", household, **given, preview="1").content.decode()
    assert re.search(r"2,700.00\s*→ <strong>3,000.00", said)
    assert not Receipt.objects.unscoped("test").exists()


# ---- a year at once


def year_form(client: Client, household: int, year: int) -> dict[str, str]:
    """What a browser would send of the form as it is."""
    said = page(client, "ledger-year", household, year)
    fields = re.findall(r'<input [^>]*name="([^"]+)"(?:[^>]*? value="([^"]*)")?[^>]*>', said)
    return {name: value for name, value in fields if name.split("_")[0] in ("amount", "note", "base")}


def standing(year: int) -> dict[tuple[str, int | None], int]:
    rows = LedgerLine.objects.unscoped("test").filter(stands=True, year=year)
    return {(row.item, row.person_id): row.amount for row in rows}


def test_a_year_is_entered_in_one_act_with_last_years_amounts_at_hand(browser: SignedIn, household: int) -> None:
    client, who = browser("village"), head(household)
    said = page(client, "ledger-year", household, 2017)
    assert "6,000.00" in said
    before = Entry.objects.filter(act="registry.record_ledger").count()
    given: dict[str, str] = year_form(client, household, 2017)
    given |= {
        "amount_n-crop-0": "7000",
        "note_n-crop-0": "小麦",
        f"same_n-wage_local-{who}": "on",
        "same_n-inputs-0": "on",
    }
    given |= {"item_s1": "wage_away", "person_s1": str(who), "amount_s1": "1.5", "source": "入户核实"}
    assert send(client, "ledger-year", household, 2017, **given).status_code == 302
    assert standing(2017) == {
        ("crop", None): 700_000,
        ("wage_local", who): 300_000,
        ("inputs", None): 90_000,
        ("wage_away", who): 150,
    }
    assert Entry.objects.filter(act="registry.record_ledger").count() == before + 1
    acts = LedgerLine.objects.unscoped("test").filter(year=2017).values_list("act", "act__source").distinct()
    assert [source for _, source in acts] == ["入户核实"]


def test_lines_that_stand_are_changed_with_a_reason_and_the_rest_is_left_alone(
    browser: SignedIn, household: int
) -> None:
    client = browser("village")
    crop = LedgerLine.objects.unscoped("test").get(item="crop").pk
    wage = LedgerLine.objects.unscoped("test").get(item="wage_local").pk
    given = year_form(client, household, 2016)
    assert given[f"amount_l{crop}"] == "6000.00"
    given |= {f"amount_l{crop}": "5000", f"amount_l{wage}": ""}
    shown = send(client, "ledger-year", household, 2016, **given, preview="1").content.decode()
    assert re.search(r"2,700.00\s*→ <strong>1,366.67", shown)
    assert "请写明为什么" in unescape(send(client, "ledger-year", household, 2016, **given).content.decode())
    assert send(client, "ledger-year", household, 2016, **given, reason="记错").status_code == 302
    assert standing(2016) == {("crop", None): 500_000, ("inputs", None): 90_000}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "没有填写或改动任何一行"),
        ({"amount_n-rent-0": "1e3"}, "1e3"),
        ({"amount_n-rent-0": "99999999999"}, "金额应在"),
        ({"amount_s1": "5"}, "请选择项目"),
        ({"item_s1": "rent"}, "请填金额"),
    ],
)
def test_what_a_year_cannot_say_is_told_where_it_was_typed(
    browser: SignedIn, household: int, given: dict[str, str], said: str
) -> None:
    client = browser("village")
    answer = send(client, "ledger-year", household, 2017, **{**year_form(client, household, 2017), **given})
    assert answer.status_code == 200
    assert said in unescape(answer.content.decode())
    assert standing(2017) == {}


def test_what_is_wrong_in_a_year_is_said_at_the_top_and_stands_where_it_is_seen(
    browser: SignedIn, household: int
) -> None:
    """In a group of items that is folded where nothing is in it."""
    client = browser("village")
    item = "land_loss_insurance"
    folded = re.compile(rf'<details class="bf-member">(?:(?!</details>).)*amount_n-{item}-0', re.DOTALL)
    assert folded.search(page(client, "ledger-year", household, 2017))
    given = {**year_form(client, household, 2017), f"amount_n-{item}-0": "12块"}
    said = unescape(send(client, "ledger-year", household, 2017, **given).content.decode())
    assert "没有保存：有 1 处要改" in said
    assert not folded.search(said)
    (field,) = re.findall(r"<input[^>]* autofocus[^>]*>", said)
    assert f'name="amount_n-{item}-0"' in field


def test_a_settled_year_takes_nothing_and_says_so_at_once(browser: SignedIn, org: Organisation, household: int) -> None:
    client = browser("village")
    given = year_form(client, household, 2016)
    settle_year(org.by, org.actor("village"), household, 2016)
    assert "已于" in page(client, "ledger-year", household, 2016)
    answer = send(client, "ledger-year", household, 2016, **{**given, "amount_n-rent-0": "1"})
    assert "已结清" in unescape(answer.content.decode())
    assert client.get(reverse("web:ledger-year", args=[household, 99])).status_code == 404


def test_of_two_who_enter_a_year_neither_loses_a_word(browser: SignedIn, household: int) -> None:
    first, second = browser("village"), browser("subdistrict")
    crop = LedgerLine.objects.unscoped("test").get(item="crop").pk
    inputs = LedgerLine.objects.unscoped("test").get(item="inputs").pk
    mine, theirs = year_form(first, household, 2016), year_form(second, household, 2016)
    theirs |= {
        f"amount_l{crop}": "5000",
        f"amount_l{inputs}": "800",
        "amount_n-rent-0": "100",
        "amount_n-interest-0": "3",
    }
    assert send(second, "ledger-year", household, 2016, **theirs, reason="核实").status_code == 302
    mine |= {f"amount_l{crop}": "5500", "amount_n-rent-0": "120", "amount_n-dividend-0": "9", "reason": "核实"}
    answer = send(first, "ledger-year", household, 2016, **mine)
    said = unescape(answer.content.decode())
    assert "刚被别人改过" in said
    assert [said.count(f"<strong>{each}</strong>") for each in ("5000.00", "5500", "100.00", "120")] == [1, 1, 1, 1]
    now = {row.item: row.pk for row in LedgerLine.objects.unscoped("test").filter(stands=True)}
    shown = dict(re.findall(r'<input [^>]*name="([^"]+)"(?:[^>]*? value="([^"]*)")?[^>]*>', said))
    sent = {name: shown[name] for name in shown if name.split("_")[0] in ("amount", "note", "base", "was")}
    assert sent[f"amount_l{now['inputs']}"] == "800.00"
    again = send(first, "ledger-year", household, 2016, **sent, reason="核实")
    assert "请选用哪一个" in unescape(again.content.decode())
    choices = {f"choice_amount_l{now['crop']}": "mine", f"choice_amount_l{now['rent']}": "stored"}
    assert send(first, "ledger-year", household, 2016, **sent, **choices, reason="核实").status_code == 302
    assert {item: amount for (item, _), amount in standing(2016).items()} == {
        "crop": 550_000,
        "wage_local": 300_000,
        "inputs": 80_000,
        "rent": 10_000,
        "interest": 300,
        "dividend": 900,
    }


def test_a_line_of_the_year_that_was_taken_away_comes_back_as_a_further_row(browser: SignedIn, household: int) -> None:
    first, second = browser("village"), browser("subdistrict")
    crop = LedgerLine.objects.unscoped("test").get(item="crop").pk
    mine = year_form(first, household, 2016)
    assert send(second, "line-withdraw", household, crop, reason="重").status_code == 302
    answer = send(first, "ledger-year", household, 2016, **{**mine, f"amount_l{crop}": "5500"}, reason="核实")
    said = unescape(answer.content.decode())
    assert re.search(r'name="amount_s5" value="5500"', said)
    assert standing(2016).keys() == {("wage_local", head(household)), ("inputs", None)}


@pytest.mark.parametrize("how", ["of another", "by a receipt", "gone last year"])
def test_what_was_typed_in_a_row_that_is_not_there_now_comes_back_as_a_further_row(
    browser: SignedIn, household: int, how: str
) -> None:
    first, second, who = browser("village"), browser("subdistrict"), head(household)
    wage = LedgerLine.objects.unscoped("test").get(item="wage_local").pk
    mine = year_form(first, household, 2017)
    done: dict[str, Any] = {
        "of another": ("ledger-add", (), {"year": 2017, "item": "rent", "amount": "100", "person": who}),
        "by a receipt": ("receipt-add", (), {"policy": "dibao", "year": 2017, "amount": "50", "paid_on": "2017-03-05"}),
        "gone last year": ("line-withdraw", (wage,), {"reason": "重"}),
    }
    key = {"of another": "n-rent-0", "by a receipt": "n-dibao_pay-0", "gone last year": f"n-wage_local-{who}"}[how]
    name, at, given = done[how]
    assert send(second, name, household, *at, **given).status_code == 302
    before = standing(2017)
    mine |= {f"amount_{key}": "120", f"note_{key}": "收条", "amount_n-dividend-0": "9"}
    answer = send(first, "ledger-year", household, 2017, **mine)
    said = unescape(answer.content.decode())
    assert "刚被别人改过" in said
    assert re.search(r'name="amount_s5" value="120"', said)
    assert re.search(r'name="note_s5" value="收条"', said)
    assert standing(2017) == before
    _, item, person = key.split("-")
    further = {"item_s5": item, "person_s5": str(int(person) or ""), "amount_s5": "120"}
    now = year_form(first, household, 2017) | further
    assert send(first, "ledger-year", household, 2017, **now, was="s5:0").status_code == 302
    typed = LedgerLine.objects.unscoped("test").get(year=2017, amount=12_000)
    assert (typed.item, typed.person_id) == (item, int(person) or None)


# ---- two who edit the same


@pytest.fixture
def bare(org: Organisation) -> int:
    """One of whose house nothing is known."""
    return new_household(org, "H1", "371102008201")


def housing(client: Client, household: int, version: int, **given: object) -> Any:
    return send(
        client, "facts-change", household, "housing", household, valid_from="2017-03-01", version=version, **given
    )


def test_facts_that_two_changed_stand_side_by_side_with_a_choice_for_each(browser: SignedIn, bare: int) -> None:
    first, second = browser("village"), browser("subdistrict")
    assert housing(second, bare, 0, fact_house_grade="B", fact_built_year="1990").status_code == 302
    answer = housing(first, bare, 0, fact_house_grade="D", fact_house_structure="earth")
    said = unescape(answer.content.decode())
    stored: Any = VERSIONS["housing"].objects.unscoped("test").get(is_current=True)
    assert "只有别人改了，已采用" in said
    assert '<option value="D" selected>' in said
    assert 'name="fact_built_year" value="1990"' in said
    typed = {"fact_house_grade": "D", "fact_house_structure": "earth", "fact_built_year": "1990", "was": "0"}
    answer = housing(first, bare, stored.pk, **typed)
    assert "请选用哪一个" in unescape(answer.content.decode())
    assert housing(first, bare, stored.pk, **typed, choice_fact_house_grade="mine").status_code == 302
    now: Any = VERSIONS["housing"].objects.unscoped("test").get(is_current=True)
    assert (now.house_grade, now.house_structure, now.built_year) == ("D", "earth", 1990)


def test_the_other_ones_word_can_be_kept(browser: SignedIn, bare: int) -> None:
    first, second = browser("village"), browser("subdistrict")
    housing(second, bare, 0, fact_house_grade="B")
    stored = VERSIONS["housing"].objects.unscoped("test").get(is_current=True).pk
    typed = {"fact_house_grade": "D", "fact_house_structure": "earth", "was": "0", "choice_fact_house_grade": "stored"}
    assert housing(first, bare, stored, **typed).status_code == 302
    now: Any = VERSIONS["housing"].objects.unscoped("test").get(is_current=True)
    assert (now.house_grade, now.house_structure) == ("B", "earth")


def test_a_day_further_back_is_nobody_elses_change(browser: SignedIn, bare: int) -> None:
    client = browser("village")
    housing(client, bare, 0, fact_house_grade="B")
    now = VERSIONS["housing"].objects.unscoped("test").get(is_current=True).pk
    answer = send(
        client,
        "facts-change",
        bare,
        "housing",
        bare,
        fact_house_grade="C",
        valid_from="2017-02-01",
        version=now,
    )
    assert answer.status_code == 302
    rows = VERSIONS["housing"].objects.unscoped("test").filter(stands=True).order_by("valid_from")
    assert list(rows.values_list("house_grade", flat=True)) == ["C", "B"]


def test_a_line_that_somebody_else_corrected_is_shown_beside_what_was_typed(browser: SignedIn, household: int) -> None:
    first, second = browser("village"), browser("subdistrict")
    line = LedgerLine.objects.unscoped("test").get(item="crop").pk
    theirs = {"item": "crop", "amount": "5000", "note": "小麦", "reason": "核实"}
    assert send(second, "line-correct", household, line, **theirs).status_code == 302
    mine = {"item": "crop", "amount": "5500", "note": "", "reason": "核实"}
    said = unescape(send(first, "line-correct", household, line, **mine).content.decode())
    now = LedgerLine.objects.unscoped("test").get(item="crop", stands=True).pk
    assert f'action="{reverse("web:line-correct", args=[household, now])}"' in said
    assert [said.count(f"<strong>{each}</strong>") for each in ("5000.00", "5500")] == [1, 1]
    sent = {**mine, "note": "小麦", "was": str(line)}
    assert "请选用哪一个" in unescape(send(first, "line-correct", household, now, **sent).content.decode())
    assert send(first, "line-correct", household, now, **sent, choice_amount="mine").status_code == 302
    kept = LedgerLine.objects.unscoped("test").get(item="crop", stands=True)
    assert (kept.amount, kept.note) == (550_000, "小麦")


def test_what_was_typed_over_a_line_that_is_gone_can_be_saved_as_a_new_one(browser: SignedIn, household: int) -> None:
    first, second = browser("village"), browser("subdistrict")
    line = LedgerLine.objects.unscoped("test").get(item="crop").pk
    assert send(second, "line-withdraw", household, line, reason="重").status_code == 302
    mine = {"item": "crop", "amount": "5500", "note": "玉米", "reason": "核实"}
    said = unescape(send(first, "line-correct", household, line, **mine).content.decode())
    assert f'action="{reverse("web:ledger-add", args=[household])}"' in said
    assert ('value="5500"' in said, 'value="玉米"' in said, 'name="year" value="2016"' in said) == (True, True, True)


def test_a_receipt_that_somebody_else_corrected_or_withdrew_keeps_what_was_typed(
    browser: SignedIn, household: int
) -> None:
    first, second = browser("village"), browser("subdistrict")
    given = {"policy": "dibao", "year": 2017, "amount": "320", "paid_on": "2017-03-05"}
    send(first, "receipt-add", household, **given)
    receipt = Receipt.objects.unscoped("test").get().pk
    mine = {**given, "amount": "350", "reason": "核实"}
    assert send(second, "receipt-correct", household, receipt, **{**mine, "amount": "340"}).status_code == 302
    said = unescape(send(first, "receipt-correct", household, receipt, **mine).content.decode())
    now = Receipt.objects.unscoped("test").get(stands=True).pk
    assert [said.count(f"<strong>{each}</strong>") for each in ("340.00", "350")] == [1, 1]
    sent = {**mine, "was": receipt, "choice_amount": "mine"}
    assert send(first, "receipt-correct", household, now, **sent).status_code == 302
    last = Receipt.objects.unscoped("test").get(stands=True)
    assert last.amount == 35_000
    assert send(second, "receipt-withdraw", household, last.pk, reason="重").status_code == 302
    said = unescape(send(first, "receipt-correct", household, last.pk, **mine).content.decode())
    assert ('value="350"' in said, "刚被别人撤回" in said) == (True, True)


def test_a_form_is_opened_in_place_and_has_names_of_its_own(browser: SignedIn, household: int) -> None:
    answer = browser("village").get(reverse("web:facts-change", args=[household, "land", household]), headers=AS_HTMX)
    said = answer.content.decode()
    assert "<html" not in said
    assert 'id="id_' not in said
    assert 'hx-target="closest .bf-here"' in said


def test_a_form_asked_for_in_place_after_the_session_ended_leads_the_whole_page_to_sign_in(household: int) -> None:
    answer = Client().get(reverse("web:facts-change", args=[household, "land", household]), headers=AS_HTMX)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["HX-Redirect"].startswith(reverse("web:sign-in"))
