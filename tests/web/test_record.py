"""Auditors ask who did what to whom, and read it in words: no code of the program, no number that they would have to know."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bangfu.access.models import Account
from bangfu.access.roles import permissions
from bangfu.access.services.territory import add_place, change_place
from bangfu.assessment.services.runs import ask_run
from bangfu.audit.acts import actors, acts, subjects, words
from bangfu.audit.data import Act
from bangfu.audit.services import record
from bangfu.audit.telling import SUBJECT, THING
from bangfu.casework.services.rectification import NewRectification, open_rectification
from bangfu.casework.services.reviews import NewRound, open_round
from bangfu.places.models import Level
from bangfu.places.services import Described
from bangfu.privacy.models import Kind
from bangfu.registry.models import Household, How, Judged, Person
from bangfu.registry.services.acts import undo
from bangfu.registry.services.procedures import Event, record_marriage, split_household
from bangfu.web.record.values import LISTS, Told
from bangfu.web.things import PAGES
from tests.households import full_household, new_household
from tests.organisation import FIRST, TODAY, Organisation
from tests.web.conftest import SignedIn

RECORD = "web:record"
# An act that nothing here does by itself.
DONE = "documents.print"
CELL = re.compile(r'<td data-label="[^"]+" data-field="(\w+)">(.*?)</td>', re.DOTALL)


def read(browser: SignedIn, **asked: Any) -> str:
    return unescape(browser("auditor").get(reverse(RECORD), asked).content.decode())


def cells(page: str, name: str) -> list[str]:
    """What stands in a column, from the latest entry on."""
    plain = (re.sub(r"<[^>]+>", " ", said) for field, said in CELL.findall(page) if field == name)
    return [" ".join(said.split()) for said in plain]


def chips(page: str) -> list[str]:
    found = re.findall(r'<span class="bf-tag">(.*?) <a href="([^"]*)"', page)
    return [label for label, _ in found]


def english(org: Organisation) -> None:
    Account.objects.unscoped("test").update(language="en")


def told(org: Organisation, act: str, subject: str = "", place: str = "371102008201", **words: Any) -> None:
    with transaction.atomic():
        record(org.by, Act(act, subject, org.places[place], words))


# What is done to a thing of each kind, and how an auditor reads it.
def things(org: Organisation) -> dict[str, tuple[str, str]]:
    post, place, account = org.posts["village"], org.places["371102008201"], org.accounts["village"]
    return {
        f"account:{account}": (f"人员 人village（编号 {account}）", f"person 人village (no. {account})"),
        f"post:{post}": (f"岗位 岗village（编号 {post}）", f"post 岗village (no. {post})"),
        f"place:{place}": (f"区划 东一村（编号 {place}）", f"place 东一村 (no. {place})"),
        f"unit:{org.unit}": (f"单位 区扶贫办（编号 {org.unit}）", f"unit 区扶贫办 (no. {org.unit})"),
        f"household:{new_household(org, 'H7', '371102008201')}": ("户 H7", "household H7"),
        "household:99999": ("户（编号 99999）", "household (no. 99999)"),
        "run:3": ("评估（编号 3）", "assessment (no. 3)"),
        "file:bangfu-2017.backup": ("文件 bangfu-2017.backup", "file bangfu-2017.backup"),
    }


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_an_act_was_done_to_is_read_by_its_kind_and_its_name(
    org: Organisation, browser: SignedIn, lang: str
) -> None:
    if lang == "en":
        english(org)
    known = things(org)
    for thing in known:
        told(org, DONE, thing)
    shown = cells(read(browser, act=DONE), "subject")
    expected = [said[lang == "en"] for said in reversed(known.values())]
    assert [each.removesuffix(" 打开").removesuffix(" Open") for each in shown] == expected


def test_members_are_read_by_their_number_and_never_by_their_name(org: Organisation, browser: SignedIn) -> None:
    new_household(org, "H7", "371102008201")
    member = Person.objects.unscoped("test").order_by("pk")[0]
    told(org, "privacy.reveal", f"person:{member.pk}", kind=Kind.ID_CARD.label)
    page = read(browser, act="privacy.reveal")
    assert cells(page, "subject") == [f"家庭成员 {member.number}"]
    assert "甲head" not in page


def test_what_the_reader_may_not_see_has_a_number_and_no_name_and_leads_nowhere(
    org: Organisation, browser: SignedIn
) -> None:
    number = "H-8"  # with a hyphen, since a form's token is letters and digits drawn by chance
    foreign = new_household(org, number, "371103001201", who="stranger")
    with transaction.atomic():
        for subject in (f"household:{foreign}", f"account:{org.accounts['stranger']}"):
            record(org.by, Act(DONE, subject))
    page = read(browser, act=DONE)
    assert cells(page, "subject") == [f"人员（编号 {org.accounts['stranger']}）", f"户（编号 {foreign}）"]
    assert number not in page
    assert "人stranger" not in page
    assert reverse("web:household", args=[foreign]) not in page


def test_words_are_read_in_one_order_whichever_they_were_said_in(org: Organisation, browser: SignedIn) -> None:
    """PostgreSQL keeps none: what somebody had before would stand behind what they have now."""
    told(org, DONE, "", until="2017-12-31", since="2017-03-01", new="2", old="1")
    said = cells(read(browser, act=DONE), "text")
    assert said == ["原因 测试 原 1 新 2 起 2017-03-01 止 2017-12-31"]


def test_a_thing_with_a_page_leads_to_it(org: Organisation, browser: SignedIn) -> None:
    for thing in things(org):
        told(org, DONE, thing)
    page = read(browser, act=DONE)
    opened = set(re.findall(r'<a class="bf-quiet" href="([^"]+)"', page))
    assert len(opened) == len(PAGES)
    assert {browser("auditor").get(each).status_code for each in opened} == {200}


def test_names_cost_as_many_queries_for_many_things_as_for_one(org: Organisation, browser: SignedIn) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as made:
            read(browser, act=DONE)
        return len(made)

    known = list(things(org))
    for thing in known:
        told(org, DONE, thing, post=org.posts["village"], approved_by=f"account:{org.accounts['village']}")
    once = asked()
    for number, thing in enumerate(known * 3):
        told(org, DONE, thing, post=org.posts["other"], approved_by=f"account:{number + 1}")
    assert asked() == once


# Codes, as they stand in texts, with what is read of them in either language.
SAID: dict[str, tuple[object, str, str]] = {
    "act": ("registry.add_person", "新增家庭成员", "Member added"),
    "evidence": ("户口本", "户口本", "Household register booklet"),
    "facts": ("住房", "住房", "Housing"),
    "filter": (["低于标准线", "below the line"], "低于标准线", "below the line"),
    "kind": ("policy_sheet", "政策明白纸", "policy sheet"),
    "layout": ("contract", "登记资料", "register"),
    "numbers": ("是", "是", "yes"),
    "page": ("web:place-change", "区划", "Places"),
    "parameter": ("disability_living_rate", "", ""),
    "permission": ("places.manage", "管理区划和单位", "manage places and units"),
    "reading": ("dibao_or_wubao", "", ""),
    "result": ("不准确", "不准确", "not right"),
    "role": ("village", "村级帮扶责任人", "Village helper"),
    "state": ("已整改", "已整改", "put right"),
    "why": ("RIGHT_LOST", "申请人已没有这里的导出权限", "may no longer export here"),
    "name": ("places.manage", "places.manage", "places.manage"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("word", SAID)
def test_a_code_in_a_text_is_read_in_words_of_either_language(word: str) -> None:
    value, zh, en = SAID[word]
    assert zh in Told({}, "zh").said(word, value)
    assert en.lower() in Told({}, "en").said(word, value).lower()
    if word != "name":
        assert "_" not in Told({}, "zh").said(word, value)


@pytest.mark.django_db
def test_what_no_list_knows_any_more_is_read_as_it_was_recorded() -> None:
    assert Told({}, "zh").said("permission", "gone.long_ago") == "gone.long_ago"
    assert Told({}, "zh").said("to", "gone:7") == "gone:7"
    assert Told({}, "zh").said("from", "2017-05-04") == "2017-05-04"


def test_the_record_is_read_though_a_template_of_the_office_is_wrong(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "policy_sheet.yaml").write_text("label: [", encoding="utf-8")
    settings.PAPERS_FOLDERS = [tmp_path]
    assert Told({}, "zh").said("kind", "policy_sheet") == "policy_sheet"
    assert Told({}, "en").said("kind", "身份证号") == "ID number"


@pytest.mark.django_db
def test_what_texts_name_by_number_is_read_by_name(org: Organisation, browser: SignedIn) -> None:
    before, after, post = org.accounts["village"], org.accounts["other"], org.posts["village"]
    handed_over: dict[str, Any] = {"from": [f"account:{before}"], "to": f"account:{after}"}
    told(org, "access.hand_over", f"post:{post}", **handed_over)
    told(org, "registry.assign", post=post)
    told(org, "access.change_account", new={"home": org.places["371102008201"], "name": "新名"})
    home, assigned, handed = cells(read(browser, until="2017-12-31"), "text")[:3]
    assert f"名称 新名; 所属 东一村（编号 {org.places['371102008201']}）" in home
    assert f"岗位 岗village（编号 {post}）" in assigned
    assert f"从 人village（编号 {before}） 到 人other（编号 {after}）" in handed


def test_every_word_that_holds_codes_has_a_list_that_says_them() -> None:
    held = {word.holds for word in words().values()} - {""}
    assert held - set(LISTS) == {"pair", THING, SUBJECT, "place", "post"}
    assert {"place", "post"} <= set(subjects())
    assert set(LISTS) <= held


@pytest.mark.django_db
@pytest.mark.parametrize(("word", "labels"), [("act", How.labels), ("result", Judged.labels), ("kind", Kind.labels)])
def test_what_tables_call_in_chinese_alone_is_read_in_english_too(word: str, labels: list[str]) -> None:
    assert [label for label in labels if not Told({}, "en").said(word, label).isascii()] == []


def test_of_all_that_the_cast_did_nothing_is_read_as_a_code(org: Organisation, browser: SignedIn) -> None:
    full_household(org, "H7", "371102008201", "village")
    browser("village").get(reverse("web:person-add"))
    page = "".join(read(browser, page=number) for number in (1, 2, 3))
    known = (*subjects(), "web", "system", *(name.partition(".")[0] for name in permissions()))
    shown = [said for name in ("actor", "act", "subject", "text") for said in cells(page, name)]
    assert len(shown) > 200
    assert {each for said in shown for each in re.findall(rf"\b(?:{'|'.join(known)})[:.]\w+", said)} == {"system:tests"}


def test_a_look_at_the_record_hides_nothing_of_what_it_shows(org: Organisation, browser: SignedIn) -> None:
    for post in org.posts.values():
        told(org, DONE, f"post:{post}")
    assert len(cells(read(browser, act=DONE), "at")) == len(org.posts)
    read(browser)
    assert len(cells(read(browser, act="audit.read"), "at")) == 2


def test_no_page_is_read_by_the_name_of_its_address(org: Organisation, browser: SignedIn) -> None:
    assert all(not text.zh.startswith("web:") for text in LISTS["page"]().values())
    assert LISTS["page"]()["web:me-phone"].zh == "我的账号"
    assert LISTS["page"]()["web:task-step"].zh == "任务"
    assert LISTS["page"]()["web:door"].zh == "其他页面"


def test_a_question_is_shown_in_words_each_with_a_way_to_take_it_off(org: Organisation, browser: SignedIn) -> None:
    household, place = new_household(org, "H7", "371102008201"), org.places["371102008201"]
    asked: dict[str, Any] = {"subject": f"household:{household}", "place": place, "act": "registry.read_household"}
    asked |= {"actor": f"account:{org.accounts['village']}", "since": "2017-01-01"}
    page = read(browser, **asked)
    assert chips(page) == [
        f"谁做的 人village（编号 {org.accounts['village']}）",
        "对谁、对什么 户 H7及家庭成员",
        f"在哪里 东一村（编号 {place}）（含下级）",
        "事项 查看户的资料",
        "从 2017-01-01",
    ]
    without = [unescape(each) for _, each in re.findall(r'<span class="bf-tag">(.*?) <a href="([^"]*)"', page)]
    for each, (name, value) in zip(without, [("actor", asked["actor"]), ("subject", asked["subject"])], strict=False):
        left = chips(unescape(browser("auditor").get(each).content.decode()))
        assert len(left) == 4, (name, value)
    assert chips(read(browser)) == []


def test_what_was_done_to_households_together_is_read_of_each_of_them(org: Organisation, browser: SignedIn) -> None:
    village, persons = org.actor("village"), Person.objects.unscoped("test")
    first, other = (new_household(org, number, "371102008201") for number in ("H7", "H8"))
    spouse, son = (persons.get(number=f"H7-{relation}").pk for relation in ("spouse", "son"))
    theirs = persons.get(number="H8-son").pk
    split_household(org.by, village, Event(first, TODAY), "H9", ({spouse: "head", son: "son"}, {}))
    married = record_marriage(org.by, village, Event(first, TODAY), theirs, "spouse")
    undo(org.by, village, married)
    made = Household.objects.unscoped("test").get(number="H9").pk

    def acts_of(household: int) -> list[str]:
        return [each.removesuffix(" 打开") for each in cells(read(browser, subject=f"household:{household}"), "act")]

    assert acts_of(made) == ["分户"]
    assert acts_of(other)[:2] == ["撤销一次登记", "登记婚入"]
    assert acts_of(first)[:3] == ["撤销一次登记", "登记婚入", "分户"]


def test_a_household_is_asked_for_by_the_number_that_the_office_knows_it_by(
    org: Organisation, browser: SignedIn
) -> None:
    household = new_household(org, "H7", "371102008201")
    told(org, "registry.read_household", f"household:{household}")
    typed = read(browser, subject="household", subject_number="H7")
    assert cells(typed, "subject") == cells(read(browser, subject=f"household:{household}"), "subject") != []
    assert 'value="H7"' in read(browser, subject=f"household:{household}")


def test_with_a_household_all_is_read_that_was_done_to_its_members(org: Organisation, browser: SignedIn) -> None:
    household, other = (new_household(org, number, "371102008201") for number in ("H7", "H8"))
    for member in Person.objects.unscoped("test"):
        told(org, "privacy.reveal", f"person:{member.pk}", kind=Kind.ID_CARD.label)
    mine = Person.objects.unscoped("test").filter(household=household).count()
    assert len(cells(read(browser, subject=f"household:{household}", act="privacy.reveal"), "subject")) == mine
    assert 0 < mine < Person.objects.unscoped("test").exclude(household=None).count()
    assert other != household


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"subject_number": "7"}, "请选是哪一类的编号"),
        ({"subject": "post", "subject_number": "甲"}, "没有这个编号"),
        ({"subject": "household", "subject_number": "no such"}, "没有这个编号"),
        ({"actor": "anonymous", "actor_number": "7"}, "没有这个编号"),
        ({"subject": "no-such-kind"}, "没有这个选项"),
        ({"place": "999999"}, "没有这个选项"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(
    org: Organisation, browser: SignedIn, asked: dict[str, str], says: str
) -> None:
    page = read(browser, **asked)
    assert says in page
    assert chips(page) == []


def test_a_number_alone_is_somebody_s_who_acts(org: Organisation, browser: SignedIn) -> None:
    number = org.accounts["village"]
    assert chips(read(browser, actor_number=number)) == [f"谁做的 人village（编号 {number}）"]


def test_the_record_is_narrowed_to_a_kind_of_actor_and_to_a_place_with_all_that_lies_in_it(
    org: Organisation, browser: SignedIn
) -> None:
    browser("village").get(reverse("web:person-add"))
    assert [each.partition("（")[0] for each in cells(read(browser, actor="account"), "actor")] == ["人village"]
    assert cells(read(browser, actor="anonymous"), "actor") == []
    told(org, "registry.read_household", "household:1", "371102008201")
    told(org, "registry.read_household", "household:2", "371102009201")
    here: dict[str, Any] = {"act": "registry.read_household", "place": org.places["371102008"]}
    assert cells(read(browser, **here), "subject") == ["户（编号 1）"]


def test_what_is_looked_for_is_recorded_and_read_in_words(org: Organisation, browser: SignedIn) -> None:
    place = org.places["371102008201"]
    read(browser, subject=f"post:{org.posts['village']}", place=place, act="access.hand_over")
    said = cells(read(browser, act="audit.read"), "text")[0]
    assert said == (
        f"对谁 岗位 岗village（编号 {org.posts['village']}） 区划 东一村（编号 {place}） 事项 岗位任免和交接"
    )


def a_round(org: Organisation) -> int:
    return open_round(org.by, org.actor("officer"), NewRound(org.places["371102"], "春季上报", TODAY))


def a_period(org: Organisation) -> int:
    days = {"baseline": FIRST, "starts": TODAY, "ends": TODAY}
    return open_rectification(org.by, org.actor("officer"), NewRectification(org.places["371102"], "整改", **days))


PAGES_OF: dict[str, tuple[Callable[[Organisation], int], tuple[str, ...]]] = {
    "person": (lambda org: org.accounts["village"], ("subject=account:{}", "actor=account:{}")),
    "post": (lambda org: org.posts["village"], ("subject=post:{}",)),
    "place": (lambda org: org.places["371102008201"], ("place={}",)),
    "household": (lambda org: new_household(org, "H7", "371102008201"), ("subject=household:{}",)),
    "run": (lambda org: ask_run(org.by, org.actor("officer"), TODAY), ("subject=run:{}",)),
    "round": (a_round, ("subject=round:{}",)),
    "rectification": (a_period, ("subject=rectification:{}",)),
    "household-members": (lambda org: new_household(org, "H7", "371102008201"), ("subject=household:{}",)),
}


@pytest.mark.parametrize("url", PAGES_OF)
def test_a_thing_s_page_leads_those_who_read_the_record_to_what_was_done_to_it_and_nobody_else(
    org: Organisation, browser: SignedIn, url: str
) -> None:
    make, questions = PAGES_OF[url]
    number = make(org)
    page, record = reverse(f"web:{url}", args=[number]), reverse(RECORD)
    shown = unescape(browser("auditor").get(page).content.decode())
    leads = [f"{record}?{question.format(number)}" for question in questions]
    assert re.findall(rf'href="({record}\?[^"]+)"', shown) == leads
    for each in leads:
        assert len(chips(unescape(browser("auditor").get(each).content.decode()))) == 1
    assert f"{record}?" not in browser("officer").get(page).content.decode()


@pytest.mark.parametrize(
    ("url", "began"),
    [("run", "assessment.run"), ("round", "casework.open_round"), ("rectification", "casework.open_rectification")],
)
def test_what_began_a_run_a_round_or_a_period_is_found_from_its_page(
    org: Organisation, browser: SignedIn, url: str, began: str
) -> None:
    make, (question,) = PAGES_OF[url]
    number = make(org)
    shown = unescape(browser("auditor").get(f"{reverse(RECORD)}?{question.format(number)}").content.decode())
    assert cells(shown, "act") == [acts()[began].zh]
    assert f"{subjects()[url].text.zh}（编号 {number}）" in shown


def test_an_abolished_place_in_which_nothing_lies_any_more_leads_to_what_was_done_to_itself(
    org: Organisation, browser: SignedIn
) -> None:
    admin, lay_in = org.actor("admin"), org.places["371102008"]
    described = Described("371102008203", "东三村", lay_in, FIRST)
    place = add_place(org.by, admin, Level.VILLAGE, described)
    change_place(org.by, admin, place, replace(described, valid_from=TODAY, abolished=True))
    shown = browser("auditor").get(reverse("web:place", args=[place])).content.decode()
    (leads,) = re.findall(rf'href="({reverse(RECORD)}\?[^"]+)"', shown)
    acts = cells(unescape(browser("auditor").get(leads).content.decode()), "act")
    assert acts == ["撤销区划", "新增区划"]


def test_actors_that_are_no_people_are_offered_by_name(org: Organisation, browser: SignedIn) -> None:
    page = read(browser)
    assert all(f'<option value="{name}">{text.zh}</option>' in page for name, text in actors().items())
