"""Policies in the browser: read by everybody who sees households, and each number leads to its households and to no others."""

import re
from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from bangfu.access.models import Account
from bangfu.access.services.posts import close_post
from bangfu.assessment.models import PolicyVerdict
from bangfu.assessment.services.counting import count
from bangfu.audit.models import Entry
from bangfu.policies.models import Answer, Effect, Proposal, Trial
from bangfu.registry.models import Household
from tests.assessments import assess, done_run
from tests.households import full_household
from tests.organisation import TODAY, Organisation
from tests.web.conftest import SignedIn
from tests.web.test_matrix import proposals

PROPOSE = "web:parameter-propose"


@pytest.fixture
def assessed(org: Organisation) -> Organisation:
    """A household each of the village and of another subdistrict."""
    done_run(org)
    made = [full_household(org, "H1", "371102008201", "village"), full_household(org, "H2", "371102009201", "other")]
    assess(org, made)
    PolicyVerdict.objects.unscoped("test").filter(policy_id="dibao").delete()
    said: dict[str, Any] = {"policy_id": "dibao", "verdict": "entitled", "due_low": 12_300, "received": 0}
    said |= {"reconciliation": "missing", "annual_amount": 14_760}
    rows = PolicyVerdict.objects.unscoped("test").filter(until=None)
    since = [rows.filter(household=each).first() for each in made]
    PolicyVerdict.objects.bulk_create(
        PolicyVerdict(household_id=row.household_id, since=row.since, **said) for row in since if row is not None
    )
    count(org.places.values())
    return org


def shown(browser: SignedIn, who: str, url: str, *args: object) -> str:
    return unescape(browser(who).get(reverse(url, args=args)).content.decode())


def link(which: str, count: int) -> str:
    return f'<a href="{reverse("web:policy-households", args=["dibao", which])}">{count}</a>'


def test_the_catalogue_counts_the_households_that_its_reader_sees(browser: SignedIn, assessed: Organisation) -> None:
    mine, all_ = shown(browser, "village", "web:policies"), shown(browser, "officer", "web:policies")
    assert link("due", 1) in mine
    assert link("missing", 2) in all_
    assert link("receiving", 0) not in all_
    assert "参数和发布" in all_
    assert "参数和发布" not in mine


def test_a_number_leads_to_its_households_and_to_no_others(browser: SignedIn, assessed: Organisation) -> None:
    mine = shown(browser, "village", "web:policy-households", "dibao", "missing")
    assert ">H1<" in mine
    assert ">H2<" not in mine
    assert ">123.00<" in mine
    assert ">H2<" in shown(browser, "officer", "web:policy-households", "dibao", "due")
    assert "没有这样的户" in shown(browser, "officer", "web:policy-households", "dibao", "unknown")


@pytest.mark.parametrize("args", [("no_such_policy", "due"), ("dibao", "everybody")])
def test_what_is_not_there_is_not_there(browser: SignedIn, assessed: Organisation, args: tuple[str, str]) -> None:
    assert browser("officer").get(reverse("web:policy-households", args=args)).status_code == 404


def test_a_policy_says_its_conditions_values_papers_and_what_is_to_be_confirmed(
    browser: SignedIn, assessed: Organisation
) -> None:
    told = shown(browser, "village", "web:policy", "disability_living")
    for_reading = ("持有二代残疾人证", "二代残疾人证", "待核的理解", "只享受一项", "原文未写明（待核）")
    assert [each for each in for_reading if each not in told] == []


def test_the_office_says_who_answers_for_a_reading_and_everybody_reads_it(
    browser: SignedIn, assessed: Organisation
) -> None:
    officer = browser("officer")
    where = reverse("web:reading-assign", args=["dibao_or_wubao"])
    assert "还没有指定" in shown(browser, "village", "web:policy", "dibao")
    assert officer.post(where, {"post": assessed.posts["village"]}).status_code == 200
    assert officer.post(where, {"post": assessed.posts["officer"]}).status_code == 302
    assert Answer.objects.unscoped("test").get().reading == "dibao_or_wubao"
    assert Entry.objects.filter(act="policies.let_answer").count() == 1
    assert "岗officer（人officer）" in shown(browser, "village", "web:policy", "dibao")
    assert "岗officer（人officer）" in shown(browser, "auditor", "web:readings")


def test_who_took_over_a_post_of_the_office_answers_for_its_readings(browser: SignedIn, assessed: Organisation) -> None:
    org = assessed
    for name in ("before", "closed"):
        org.open(name, "officer", "371102")
        browser("officer").post(reverse("web:reading-assign", args=["dibao_or_wubao"]), {"post": org.posts[name]})
    close_post(org.by, org.founder, org.posts["closed"], org.posts["officer"], TODAY)
    told = shown(browser, "village", "web:policy", "dibao")
    assert told.index("岗officer（人officer）") < told.index("此前：岗before，")


def test_what_a_form_does_not_take_is_told_at_its_field_and_kept(browser: SignedIn, org: Organisation) -> None:
    given = {
        "value": "一百",
        "place": org.places["371102"],
        "from_day": "2099-01-01",
        "source_zh": "通知",
        "reason": "调标",
    }
    where = reverse(PROPOSE, args=["disability_living_rate"])
    told = unescape(browser("officer").post(where, given).content.decode())
    assert "不合单位" in told
    assert 'value="一百"' in told
    assert browser("officer").post(where, {**given, "place": org.places["371103"]}).status_code == 200
    # What a browser makes of somebody who types 18 for the year.
    early = browser("officer").post(where, {**given, "value": "100", "from_day": "0018-01-01", "backdated": "on"})
    assert "不早于 1900 年" in unescape(early.content.decode())
    assert not Proposal.objects.unscoped("test").exists()
    made = browser("officer").post(where, {**given, "value": "100"})
    assert made.status_code == 302
    told = unescape(browser("auditor").get(made["Location"]).content.decode())
    assert "还没有试算" in told
    assert "收回" not in told


def test_a_value_is_written_as_the_desk_writes_amounts_and_with_the_unit_that_it_lacks(
    browser: SignedIn, org: Organisation
) -> None:
    given = {"value": "4500", "place": org.places["371102"], "from_day": "2099-01-01"}
    form = reverse(PROPOSE, args=["dibao_line"])
    made = browser("officer").post(form, {**given, "source_zh": "通知", "reason": "调标"})["Location"]
    assert 'data-field="value">4,500<' in browser("officer").get(made).content.decode()
    told = re.sub(r"<[^>]+>", "", shown(browser, "officer", "web:parameters"))
    assert "农村低保标准（每人每年） 4,500" in told
    assert ("4,080 元 每年" in told, "50% 百分数" in told, "是或否" in told) == (True, False, False)


CHOSEN = {"zh": ("建档立卡户", "低保户"), "en": ("registered households", "dibao households")}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_choice_is_offered_and_shown_by_its_words_on_every_page(
    browser: SignedIn, org: Organisation, lang: str
) -> None:
    Account.objects.unscoped("test").update(language=lang)
    chosen, stands = CHOSEN[lang]
    officer, form = browser("officer"), reverse(PROPOSE, args=["hardship_scope"])
    assert f'<option value="registered">{chosen}</option>' in shown(browser, "officer", PROPOSE, "hardship_scope")
    assert f">{stands}</td>" in shown(browser, "officer", "web:parameters")
    given = {"value": "registered", "place": org.places["371102"], "from_day": "2099-01-01"}
    made = officer.post(form, {**given, "source_zh": "通知", "reason": "核定"})["Location"]
    number = Proposal.objects.unscoped("test").get().pk
    assert f'data-field="value">{chosen}<' in unescape(officer.get(made).content.decode())
    pages = [
        shown(browser, "officer", "web:proposal-sign", number),
        shown(browser, "officer", "web:parameters"),
        shown(browser, "officer", "web:parameter", "hardship_scope"),
    ]
    assert [chosen in each for each in pages] == [True] * 3
    assert [each for each in pages if ">registered<" in each or " registered<" in each] == []
    assert "建档立卡户" in shown(browser, "auditor", "web:record")


def test_what_a_side_of_a_trial_had_to_borrow_is_said_where_it_is_looked_at_and_signed(
    browser: SignedIn, assessed: Organisation
) -> None:
    (made,) = proposals(assessed)[:1]
    tried = Trial.objects.unscoped("test").get(proposal=made)
    tried.summary |= {"stood_in": {"side": "before", "year": 2018, "value": "3609"}}
    tried.save()
    said = "“现在”一栏按最近的 2018 年度的值 3609 计算"
    assert said in shown(browser, "officer", "web:proposal", made)
    assert said in shown(browser, "officer", "web:proposal-sign", made)


@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "已脱贫未登记脱贫日期：0 条 → 1 条"), ("en", "exited without a date: 0 → 1")]
)
def test_what_a_check_would_find_more_of_a_household_is_said_by_its_words(
    browser: SignedIn, assessed: Organisation, lang: str, said: str
) -> None:
    Account.objects.unscoped("test").update(language=lang)
    (made,) = proposals(assessed)[:1]
    household = Household.objects.unscoped("test").get(number="H1")
    more: dict[str, Any] = {"way": "other", "before": 0, "after": 0, "policies": []}
    trial = Trial.objects.unscoped("test").get(proposal=made)
    Effect.objects.create(trial=trial, household=household, others=[["exited_without_date", 0, 1]], **more)
    told = shown(browser, "officer", "web:proposal", made)
    assert said in told
    assert "exited_without_date" not in told


def test_a_proposal_that_waited_until_its_day_had_passed_says_what_signing_it_changes_of_the_past(
    browser: SignedIn, assessed: Organisation
) -> None:
    (made,) = proposals(assessed)[:1]
    # Proposed for a day that was then to come.
    assert not Proposal.objects.unscoped("test").get(pk=made).backdated
    assert "从过去起执行" in shown(browser, "officer", "web:proposal", made)
    assert "当年已过各月的应发数随之改变" in shown(browser, "officer", "web:proposal-sign", made)


def test_a_trial_under_way_says_how_far_it_is_and_is_stopped_by_a_button(
    browser: SignedIn, assessed: Organisation
) -> None:
    (made,) = proposals(assessed)[:1]
    trial = Trial.objects.unscoped("test").filter(proposal=made)
    trial.update(state="running", progress=["按现行规则评估：开始", "with the rulebook in force: begun"])
    told, stop = shown(browser, "officer", "web:proposal", made), reverse("web:proposal-stop", args=[made])
    assert "按现行规则评估：开始" in told
    assert 'hx-trigger="every 2s"' in told
    assert f'action="{stop}"' in told
    assert f'action="{stop}"' not in shown(browser, "auditor", "web:proposal", made)
    assert browser("officer").post(stop)["Location"] == reverse("web:proposal", args=[made])
    told = shown(browser, "officer", "web:proposal", made)
    assert "试算已停止" in told
    assert f'action="{reverse("web:proposal-try", args=[made])}"' in told
    assert browser("officer").post(stop).status_code == 409


def test_without_a_code_and_the_password_nobody_proposes(browser: SignedIn, org: Organisation) -> None:
    answer = browser("officer", sure=False).get(reverse(PROPOSE, args=["disability_living_rate"]))
    assert answer["Location"].startswith((reverse("web:code"), reverse("web:confirm")))
