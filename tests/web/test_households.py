"""The register in the browser's eyes: what is typed is recorded exactly, told apart from a colleague's, and can be undone."""

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from bangfu.audit.models import Entry
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import schema
from bangfu.places.selectors import places_named
from bangfu.registry.facts import groups
from bangfu.registry.models import VERSIONS, Assignment, Household, LedgerLine, Person, Receipt, Settlement
from bangfu.registry.values import entered, typed
from tests.households import full_household, new_household
from tests.organisation import Organisation
from tests.web.conftest import SignedIn

DAY = "2017-03-01"


def page(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(f"web:{name}", args=args))
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def send(client: Client, name: str, /, *args: object, **given: object) -> Any:
    return client.post(reverse(f"web:{name}", args=args), {k: v for k, v in given.items() if v is not None})


def housing(household: int) -> Any:
    return VERSIONS["housing"].objects.unscoped("test").filter(thing=household, is_current=True).first()


@pytest.fixture
def household(org: Organisation) -> int:
    return new_household(org, "H1", "371102008201")


def test_what_is_typed_is_recorded_exactly_and_shown(browser: SignedIn, household: int) -> None:
    client = browser("village")
    answer = send(
        client,
        "facts-change",
        household,
        "land",
        household,
        fact_cultivated_mu="3.25",
        fact_cooperative="1",
        valid_from=DAY,
        source="入户核实",
        version=0,
    )
    assert answer.status_code == 302
    known: Any = VERSIONS["land"].objects.unscoped("test").get(is_current=True)
    assert (known.cultivated_mu, known.cooperative, known.forest_mu) == (32_500, True, None)
    assert (known.valid_from, known.act.source) == (date(2017, 3, 1), "入户核实")
    assert "3.25" in page(client, "household-living", household)
    assert "入户核实" in page(client, "household-history", household)


def test_a_household_is_shown_as_of_the_day_asked_for(browser: SignedIn, household: int) -> None:
    client = browser("village")
    send(
        client,
        "facts-change",
        household,
        "housing",
        household,
        fact_house_grade="C",
        valid_from="2017-02-01",
        version=0,
    )
    version = housing(household).pk
    send(
        client,
        "facts-change",
        household,
        "housing",
        household,
        fact_house_grade="D",
        valid_from="2017-06-01",
        version=version,
    )
    address = reverse("web:household-living", args=[household])
    assert "C级" in client.get(address, {"day": "2017-05-31"}).content.decode()
    assert "D级" in client.get(address, {"day": "2017-06-01"}).content.decode()
    assert client.get(address, {"day": "nonsense"}).status_code == 200


EARLY, TO_COME = "这一户自 2017-01-01 起才有登记", "这一天还没有到"


@pytest.mark.parametrize(
    ("part", "asked", "said"),
    [
        ("household", {"day": "2016-12-31"}, EARLY),
        ("household-living", {"day": "2016-12-31"}, EARLY),
        ("dossier", {"day": "2016-12-31"}, EARLY),
        ("household", {"day": "2999-01-01"}, TO_COME),
        ("dossier", {"day": "2999-01-01"}, TO_COME),
        ("household", {"known": "2016-12-31T08:00"}, "这个时候系统里还没有这一户"),
        ("household", {"known": "0001-01-01T00:00"}, "日期应不早于 1900 年"),
    ],
)
def test_a_day_of_which_there_is_nothing_is_said_at_its_field_on_the_page_as_of_today(
    browser: SignedIn, household: int, part: str, asked: dict[str, str], said: str
) -> None:
    answer = browser("village").get(reverse(f"web:{part}", args=[household]), asked)
    shown = unescape(answer.content.decode())
    assert answer.status_code == 200
    assert re.search(rf'class="bf-wrong" role="alert">{said}', shown)
    assert "H1" in shown
    # The tabs lead on without what could not be shown.
    assert not re.search(r'href="[^"]*\?(day|known)=', shown)


def test_whether_a_household_was_there_on_a_day_is_told_to_nobody_who_may_not_see_it(
    browser: SignedIn, household: int
) -> None:
    address = reverse("web:household", args=[household])
    answer = browser("stranger").get(address, {"day": "2016-12-31"})
    assert answer.status_code == 404
    assert "2017" not in answer.content.decode()


def test_of_two_who_change_the_same_the_second_is_told_and_keeps_what_was_typed(
    browser: SignedIn, household: int
) -> None:
    first, second = browser("village"), browser("subdistrict")
    given = {"valid_from": DAY, "version": 0}
    assert (
        send(first, "facts-change", household, "housing", household, fact_house_grade="B", **given).status_code == 302
    )
    answer = send(second, "facts-change", household, "housing", household, fact_house_grade="D", **given)
    assert answer.status_code == 200
    said = unescape(answer.content.decode())
    assert "刚被别人改过" in said
    assert '<option value="D" selected>' in said
    assert housing(household).house_grade == "B"


@pytest.mark.parametrize(
    ("group", "given"),
    [
        ("land", {"fact_cultivated_mu": "3,25"}),
        ("land", {"fact_cultivated_mu": "-1"}),
        ("land", {"fact_cultivated_mu": "999999"}),
        ("land", {"fact_cultivated_mu": "1.00001"}),
        ("housing", {"fact_house_grade": "Z"}),
        ("housing", {"fact_built_year": "١٩٩٩"}),
        ("housing", {"fact_house_grade": "A", "valid_from": "2017-02-30"}),
        ("housing", {"fact_house_grade": "A", "valid_from": "9999-01-01"}),
        ("registration", {"fact_status": "poor", "fact_plan": "x" * 1_001}),
    ],
)
def test_what_cannot_be_recorded_is_shown_again_and_nothing_is_written(
    browser: SignedIn, household: int, group: str, given: dict[str, str]
) -> None:
    version = VERSIONS[group].objects.unscoped("test").filter(thing=household).values_list("pk", flat=True).first() or 0
    before = Entry.objects.filter(act="registry.record_facts").count()
    answer = send(
        browser("village"),
        "facts-change",
        household,
        group,
        household,
        **{"valid_from": DAY, "version": version, **given},
    )
    assert answer.status_code == 200
    name, value = next(iter(given.items()))
    if not name.endswith("grade"):
        assert value in unescape(answer.content.decode())
    assert Entry.objects.filter(act="registry.record_facts").count() == before


def test_a_place_or_a_household_cannot_be_slipped_into_a_form(
    browser: SignedIn, org: Organisation, household: int
) -> None:
    residence = VERSIONS["residence"].objects.unscoped("test").get(thing=household).pk
    other = org.places["371102008202"]
    answer = send(
        browser("village"),
        "facts-change",
        household,
        "residence",
        household,
        fact_hamlet="东头",
        fact_place=other,
        place=other,
        valid_from=DAY,
        version=residence,
    )
    assert answer.status_code == 302
    known: Any = VERSIONS["residence"].objects.unscoped("test").get(thing=household, is_current=True)
    assert (known.hamlet, known.place_id) == ("东头", org.places["371102008201"])


def test_a_form_says_by_name_whose_household_it_is_of(browser: SignedIn, household: int) -> None:
    client = browser("village")
    shown = [
        page(client, "facts-change", household, "housing", household),
        page(client, "facts-history", household, "housing", household),
        page(client, "ledger-add", household),
    ]
    assert ["甲head · H1" in each for each in shown] == [True] * 3


def test_another_households_member_is_not_there(browser: SignedIn, org: Organisation, household: int) -> None:
    other = new_household(org, "H2", "371102008201")
    theirs = Person.objects.unscoped("test").filter(household=other)[0].pk
    client = browser("village")
    assert client.get(reverse("web:facts-change", args=[household, "health", theirs])).status_code == 404
    assert client.get(reverse("web:facts-change", args=[household, "nonsense", household])).status_code == 404
    assert client.get(reverse("web:thing-add", args=[household, "housing"])).status_code == 404


def test_income_is_entered_settled_and_opened_again(browser: SignedIn, household: int) -> None:
    client = browser("village")
    line = {"year": 2016, "item": "crop", "amount": "1234.50", "note": "小麦"}
    assert send(client, "ledger-add", household, **line).status_code == 302
    assert "1,234.50" in page(client, "household-income", household)
    assert send(client, "year-settle", household, 2016, year=2016).status_code == 302
    assert "已结清" in unescape(send(client, "ledger-add", household, **line).content.decode())
    assert send(client, "year-reopen", household, 2016, year=2016).status_code == 200
    assert send(client, "year-reopen", household, 2016, year=2016, reason="漏记").status_code == 302
    assert Settlement.objects.unscoped("test").get().reopened_id is not None
    row = LedgerLine.objects.unscoped("test").get()
    assert send(client, "line-withdraw", household, row.pk, reason="记重了").status_code == 302
    assert "1,234.50" not in page(client, "household-income", household)


def test_a_year_is_not_settled_with_a_line_that_was_entered_after_it_was_looked_at(
    browser: SignedIn, household: int
) -> None:
    client, colleague = browser("village"), browser("officer")
    send(client, "ledger-add", household, year=2016, item="crop", amount="10")

    def settled(address: str) -> Any:
        (seen,) = re.findall(r'name="seen" value="(\w+)"', client.get(address).content.decode())
        return client.post(address, {"year": 2016, "seen": seen})

    def address() -> str:
        return re.findall(r'href="([^"]*/settle/[^"]*)"', page(client, "household-income", household))[0]

    before = address()
    send(colleague, "ledger-add", household, year=2016, item="livestock", amount="20")
    assert "又有变动" in unescape(settled(before).content.decode())
    assert not Settlement.objects.unscoped("test").exists()
    assert settled(address()).status_code == 302


def test_a_receipt_is_entered_once_and_stands_in_the_ledger_too(browser: SignedIn, household: int) -> None:
    client = browser("village")
    given = {"policy": "dibao", "year": 2017, "amount": "320", "paid_on": "2017-03-05"}
    assert send(client, "receipt-add", household, **given).status_code == 302
    assert (Receipt.objects.unscoped("test").get().amount, LedgerLine.objects.unscoped("test").get().amount) == (
        32_000,
        32_000,
    )
    for amount in ("3.2.0", "1e3", "", "-1"):
        assert send(client, "receipt-add", household, **{**given, "amount": amount}).status_code == 200
    assert Receipt.objects.unscoped("test").count() == 1


def test_a_receipt_that_stands_already_is_recorded_again_only_where_somebody_says_that_it_is_another(
    browser: SignedIn, household: int
) -> None:
    first, second = browser("village"), browser("subdistrict")
    people = by_relation(household)
    given = {"policy": "dibao", "year": 2017, "amount": "320", "paid_on": "2017-03-05", "person": people["head"]}
    other: list[dict[str, object]] = [
        {"paid_on": "2017-04-05"},
        {"amount": "321"},
        {"policy": "rain_dew"},
        {"person": people["son"]},
    ]
    same: list[dict[str, object]] = [{}, {"person": ""}]
    assert send(first, "receipt-add", household, **given).status_code == 302
    for more in other:
        assert send(second, "receipt-add", household, **{**given, **more}).status_code == 302
    for more in same:
        answer = send(second, "receipt-add", household, **{**given, **more})
        said = unescape(answer.content.decode())
        assert "可能就是这一笔" in said
        assert re.search(r'<select name="another"', said)
    assert Receipt.objects.unscoped("test").count() == 5
    assert send(second, "receipt-add", household, **given, another="another").status_code == 302
    assert Receipt.objects.unscoped("test").count() == 6


def test_the_form_of_a_receipt_says_what_each_policy_books(browser: SignedIn, household: int) -> None:
    shown = page(browser("village"), "receipt-add", household)
    assert 'name="books"' not in shown
    groups = re.findall(r'<optgroup label="([^"]+)">(.*?)</optgroup>', shown, re.DOTALL)
    of_policy = {policy: label for label, body in groups for policy in re.findall(r'value="(\w+)"', body)}
    assert of_policy["dibao"] == "同时记入：低保金"
    assert of_policy["rain_dew"] == "同时记入：教育补贴、教育补助"
    assert of_policy["house_repair"] == "不记入收支"


def test_a_receipt_is_corrected_and_withdrawn_with_its_ledger_lines(browser: SignedIn, household: int) -> None:
    client = browser("village")
    given = {"policy": "dibao", "year": 2017, "amount": "320", "paid_on": "2017-03-05"}
    send(client, "receipt-add", household, **given)
    first = Receipt.objects.unscoped("test").get().pk
    assert 'value="320.00"' in page(client, "receipt-correct", household, first)
    new = {**given, "amount": "230", "policy": "rain_dew"}
    assert send(client, "receipt-correct", household, first, **new).status_code == 200
    assert send(client, "receipt-correct", household, first, **new, reason="抄错").status_code == 302
    standing = LedgerLine.objects.unscoped("test").filter(stands=True)
    assert set(standing.values_list("item", "amount")) == {("education_subsidy", 23_000), ("education_aid", 23_000)}
    assert client.get(reverse("web:receipt-correct", args=[household, first])).status_code == 404
    now = Receipt.objects.unscoped("test").get(stands=True).pk
    assert send(client, "receipt-withdraw", household, now).status_code == 200
    assert send(client, "receipt-withdraw", household, now, reason="不是本户").status_code == 302
    assert not Receipt.objects.unscoped("test").filter(stands=True).exists()
    assert not standing.exists()


def test_a_line_is_corrected_in_its_year_but_not_one_that_a_receipt_booked(browser: SignedIn, household: int) -> None:
    client = browser("village")
    send(client, "ledger-add", household, year=2016, item="crop", amount="1234.50", note="小麦")
    row = LedgerLine.objects.unscoped("test").get()
    shown = page(client, "line-correct", household, row.pk)
    assert ('value="1234.50"' in shown, 'value="小麦"' in shown) == (True, True)
    new = {"item": "livestock", "amount": "99", "note": ""}
    assert send(client, "line-correct", household, row.pk, **new).status_code == 200
    assert send(client, "line-correct", household, row.pk, **new, reason="记错项目").status_code == 302
    now = LedgerLine.objects.unscoped("test").get(stands=True)
    assert (now.year, now.item, now.amount, now.corrects_id) == (2016, "livestock", 9_900, row.pk)
    send(client, "receipt-add", household, policy="dibao", year=2017, amount="1")
    booked = LedgerLine.objects.unscoped("test").get(item="dibao_pay")
    answer = send(client, "line-correct", household, booked.pk, **new, reason="x")
    assert "请在那里更正" in unescape(answer.content.decode())


def test_a_correction_leaves_money_with_whose_it_was_though_they_have_left_the_household(
    browser: SignedIn, org: Organisation, household: int
) -> None:
    client, son = browser("village"), by_relation(household)["son"]
    send(client, "ledger-add", household, year=2016, item="crop", amount="10", person=son)
    send(client, "receipt-add", household, policy="dibao", year=2017, amount="20", person=son)
    number = Person.objects.unscoped("test").get(pk=son).number
    other = new_household(org, "H2", "371102008201")
    send(client, "procedure", other, "marriage", number=number, relation="son_in_law", on="2017-06-01")
    for name, model, more in (
        ("line-correct", LedgerLine, {"item": "crop"}),
        ("receipt-correct", Receipt, {"policy": "dibao", "year": 2017}),
    ):
        row = model.objects.unscoped("test").order_by("pk")[0]
        shown = page(client, name, household, row.pk)
        assert f'<option value="{son}" selected>甲son（已不在本户）</option>' in shown
        assert send(client, name, household, row.pk, **more, amount="7", person=son, reason="抄错").status_code == 302
        assert model.objects.unscoped("test").get(corrects=row).person_id == son


def test_money_of_somebody_who_has_left_is_told_as_theirs_wherever_it_is_shown(
    browser: SignedIn, org: Organisation, household: int
) -> None:
    client, son = browser("village"), by_relation(household)["son"]
    send(client, "ledger-add", household, year=2017, item="crop", amount="10", person=son)
    send(client, "receipt-add", household, policy="dibao", year=2017, amount="20", person=son)
    number = Person.objects.unscoped("test").get(pk=son).number
    other = new_household(org, "H2", "371102008201")
    send(client, "procedure", other, "marriage", number=number, relation="son_in_law", on="2017-06-01")
    receipt = Receipt.objects.unscoped("test").get()
    shown = [page(client, name, household) for name in ("household-income", "household-policies")]
    shown += [page(client, "ledger-year", household, 2017), page(client, "receipt-withdraw", household, receipt.pk)]
    assert [text.count("甲son（已不在本户）") for text in shown] == [4, 1, 2, 1]


def by_relation(household: int) -> dict[str, int]:
    rows = VERSIONS["membership"].objects.unscoped("test").filter(household=household, is_current=True)
    return dict(rows.values_list("relation", "thing_id"))


@pytest.mark.parametrize("name", ["birth", "marriage", "death", "leaving", "head", "split", "merge", "move"])
def test_each_procedure_can_be_gone_through_in_the_browser(
    browser: SignedIn, org: Organisation, household: int, name: str
) -> None:
    other = new_household(org, "H2", "371102008201")
    known = by_relation(household)
    head, spouse, son = (known[each] for each in ("head", "spouse", "son"))
    new: dict[str, object] = {"number": "新1", "name": "甲新", "sex": "2", "relation": "daughter"}
    given: dict[str, dict[str, object]] = {
        "birth": new,
        "marriage": {**new, "number": "H2-son", "relation": "son_in_law"},
        "death": {"person": head, f"relation_{spouse}": "head", f"relation_{son}": "son"},
        "leaving": {"person": son},
        "head": {f"relation_{spouse}": "head", f"relation_{head}": "spouse", f"relation_{son}": "son"},
        "split": {"number": "H9", f"leaving_{son}": "head"},
        "merge": {
            "into": "H2",
            f"relation_{head}": "sibling",
            f"relation_{spouse}": "other",
            f"relation_{son}": "nephew",
        },
        "move": {"village": "371102009201"},
    }
    client = browser("village")
    shown = page(client, "procedure", household, name)
    assert "从哪天起" in shown
    assert "甲head · H1" in shown
    assert send(client, "procedure", household, name, on="2017-06-01").status_code == 200
    answer = send(client, "procedure", household, name, on="2017-06-01", source="户口本", **given[name])
    assert answer.status_code == 302, unescape(answer.content.decode())
    members_page = reverse("web:household-members", args=[household])
    onward = {"merge": reverse("web:households"), "move": reverse("web:households")}
    assert answer["Location"] == onward.get(name, members_page)
    assert Entry.objects.filter(act__startswith="registry.", subject=f"household:{household}").exists()
    members = {
        "birth": (4, 3),
        "marriage": (4, 2),
        "split": (2, 3),
        "merge": (0, 6),
    }
    for found, count in zip((household, other), members.get(name, (3, 3)), strict=True):
        assert Person.objects.unscoped("test").filter(household=found).count() == count


@pytest.mark.parametrize("name", ["birth", "marriage", "member"])
def test_whoever_adds_a_member_sees_which_numbers_the_household_has(
    browser: SignedIn, household: int, name: str
) -> None:
    client = browser("village")
    assert "本户已有：H1-head、H1-son、H1-spouse" in page(client, "procedure", household, name)
    # Of whom somebody marries it is asked for, too.
    assert "H1-son" in page(client, "household-members", household)


def test_whoever_splits_a_household_sees_what_its_number_is(browser: SignedIn, household: int) -> None:
    assert "本户是 H1。" in page(browser("village"), "procedure", household, "split")


def test_a_village_is_picked_by_its_name_and_ones_own_stands_there_already(
    browser: SignedIn, org: Organisation, household: int
) -> None:
    client = browser("village")
    adding, moving = page(client, "household-add"), page(client, "procedure", household, "move")
    own, other = (places_named([org.places[code]])[org.places[code]] for code in ("371102008201", "371102009201"))
    assert re.search(r'name="village" value="371102008201"[^>]* list="id_village_listed"', adding)
    assert (f">{own}</option>" in adding, f">{other}</option>" in adding) == (True, False)
    # Whoever moves need not stay within the area of who records it.
    assert f'<option value="371102009201">{other}</option>' in moving
    wrong = unescape(send(client, "procedure", household, "move", village="某村", on="2017-06-01").content.decode())
    assert "没有这个村代码或村名" in wrong
    assert send(client, "procedure", household, "move", village=other, on="2017-06-01").status_code == 302
    assert Household.objects.unscoped("test").get(pk=household).place_id == org.places["371102009201"]


def test_what_a_procedure_refuses_is_said_with_what_was_typed(browser: SignedIn, household: int) -> None:
    known = by_relation(household)
    answer = send(
        browser("village"), "procedure", household, "death", person=known["head"], on="2017-06-01", source="死亡证明"
    )
    assert answer.status_code == 200
    said = unescape(answer.content.decode())
    assert "请给出每个在户成员与户主的关系" in said
    assert "死亡证明" in said


def test_an_act_is_undone_with_a_reason_and_the_page_says_so(browser: SignedIn, household: int) -> None:
    client = browser("village")
    send(client, "facts-change", household, "housing", household, fact_house_grade="D", valid_from=DAY, version=0)
    act = housing(household).act_id
    asked = send(client, "act-undo", household, act)
    assert (asked.status_code, "甲head · H1 · " in unescape(asked.content.decode())) == (200, True)
    assert send(client, "act-undo", household, act, reason="填错户").status_code == 302
    assert housing(household) is None
    assert "已撤销" in page(client, "household-history", household)


def test_each_look_at_a_file_is_recorded_and_a_list_names_nobody_in_its_address(
    browser: SignedIn, household: int
) -> None:
    client = browser("village")
    page(client, "household", household)
    assert Entry.objects.filter(act="registry.read_household", subject=f"household:{household}").count() == 1
    found = client.post(reverse("web:households"), {"sought": "甲head"})
    assert found["Location"] == reverse("web:household", args=[household])
    assert client.get(reverse("web:households"), {"sought": "甲head"}).context["sought"] == ""


def test_a_number_is_shown_to_an_officer_with_a_reason_only(browser: SignedIn, org: Organisation) -> None:
    household = full_household(org, "H1", "371102008201", "village")
    person = VERSIONS["papers"].objects.unscoped("test").get().thing_id
    officer = browser("officer")
    assert "37110219600301001X" not in page(officer, "household", household)
    assert send(officer, "member-reveal", household, person).status_code == 200
    assert (
        "37110219600301001X" in send(officer, "member-reveal", household, person, reason="核对低保证").content.decode()
    )


@pytest.mark.parametrize(
    ("group", "name"), [("welfare", "dibao_monthly"), ("land", "cultivated_mu"), ("housing", "house_area")]
)
@given(data=st.data())
def test_an_amount_shown_and_typed_again_is_the_same(group: str, name: str, data: st.DataObject) -> None:
    field = groups()[group].fields[name]
    least, most = schema().bounds["money" if field.type == "money" else "area"]
    value = data.draw(st.integers(least, most))
    assert typed(field, entered(field, value)) == value


@given(text=st.text("0123456789.,-+eE ０９٣", max_size=12))
def test_no_text_is_read_as_an_amount_that_it_does_not_say(text: str) -> None:
    field = groups()["land"].fields["cultivated_mu"]
    try:
        value = typed(field, text)
    except DomainError:
        return
    assert (value is None) is (text.strip() == "")
    if value is not None:
        whole, _, part = text.strip().partition(".")
        assert value == int(whole) * 10_000 + int(part.ljust(4, "0") or 0)


def record(client: Client, household: int, day: str, **given: object) -> Any:
    """Record facts of the housing, on top of what is known on that day."""
    rows = VERSIONS["housing"].objects.unscoped("test").filter(thing=household, stands=True, valid_from__lte=day)
    known: Any = rows.order_by("-valid_from").first()
    values = {f"fact_{name}": getattr(known, name, None) or None for name in ("house_grade", "house_structure")}
    given = {**values, "valid_from": day, "version": known.pk if known else 0, **given}
    return send(client, "facts-change", household, "housing", household, **given)


def grades(household: int) -> dict[str, str]:
    rows = VERSIONS["housing"].objects.unscoped("test").filter(thing=household, stands=True)
    return {str(day): grade for day, grade in rows.values_list("valid_from", "house_grade")}


@pytest.mark.parametrize(("choice", "later"), [("carry", "D"), ("leave", "C")])
def test_what_later_records_inherited_is_shown_before_it_is_saved_and_corrected_if_so_chosen(
    browser: SignedIn, household: int, choice: str, later: str
) -> None:
    client = browser("village")
    record(client, household, "2017-02-01", fact_house_grade="C")
    record(client, household, "2017-06-01", fact_house_structure="earth")
    asked = record(client, household, "2017-03-01", fact_house_grade="D", source="鉴定报告")
    assert asked.status_code == 200
    said = unescape(asked.content.decode())
    assert "这些以后的登记里还是旧值：2017-06-01 住房鉴定等级" in said
    assert "鉴定报告" in said
    assert grades(household) == {"2017-02-01": "C", "2017-06-01": "C"}
    assert record(client, household, "2017-03-01", fact_house_grade="D", carry=choice).status_code == 302
    assert grades(household) == {"2017-02-01": "C", "2017-03-01": "D", "2017-06-01": later}


def test_every_version_of_a_group_is_told_with_who_when_and_whether_it_counts(
    browser: SignedIn, household: int
) -> None:
    client = browser("village")
    record(client, household, "2017-02-01", fact_house_grade="C", source="入户核实")
    record(client, household, "2017-02-01", fact_house_grade="B")
    record(client, household, "2017-06-01", fact_house_grade="D")
    send(client, "act-undo", household, housing(household).act_id, reason="填错户")
    told = page(client, "facts-history", household, "housing", household)
    assert [told.count(each) for each in ("C级", "B级", "D级", "已更正", "已撤销", "入户核实")] == [1] * 6
    assert Entry.objects.filter(act="registry.read_household", subject=f"household:{household}").exists()


def test_the_history_of_another_households_facts_is_not_there(
    browser: SignedIn, org: Organisation, household: int
) -> None:
    other = new_household(org, "H2", "371102008201")
    theirs = Person.objects.unscoped("test").filter(household=other)[0].pk
    answers = [
        browser("village").get(reverse("web:facts-history", args=[household, *rest])).status_code
        for rest in (("identity", theirs), ("housing", other), ("nonsense", household))
    ]
    assert answers == [404, 404, 404]


def test_a_file_is_shown_as_it_was_known_at_an_earlier_moment(browser: SignedIn, household: int) -> None:
    client = browser("village")
    record(client, household, "2017-02-01", fact_house_grade="C")
    address = reverse("web:household-living", args=[household])
    assert "C级" in client.get(address, {"known": "2099-01-01T00:00"}).content.decode()
    earlier = client.get(address, {"known": "2017-12-01T09:01"}).content.decode()
    assert "C级" not in earlier
    assert "这是按 2017-12-01 09:01 时所知的情况" in earlier
    before = client.get(address, {"known": "2017-12-01T08:59"}).content.decode()
    assert "这个时候系统里还没有这一户" in before
    assert "这是按" not in before


def test_units_stand_beside_values_and_no_day_of_death_is_missed(browser: SignedIn, household: int) -> None:
    client = browser("village")
    send(
        client,
        "facts-change",
        household,
        "land",
        household,
        fact_cultivated_mu="3.25",
        valid_from=DAY,
        version=0,
    )
    shown = page(client, "household-living", household) + page(client, "household-members", household)
    assert "3.25 亩" in shown
    assert "死亡日期" not in shown
    assert "离户日期" not in shown


def test_a_household_is_added_with_its_head_and_then_its_members(browser: SignedIn) -> None:
    client = browser("village")
    given = {
        "number": "新户1",
        "village": "371102008201",
        "status": "poor",
        "head": "新户1-1",
        "name": "甲主",
        "sex": "1",
        "on": DAY,
        "source": "户口本",
    }
    assert send(client, "household-add", **{**given, "village": "371102009201"}).status_code == 403
    assert "没有这个村代码" in send(client, "household-add", **{**given, "village": "1"}).content.decode()
    assert "不能预先登记" in send(client, "household-add", **{**given, "on": "2999-01-01"}).content.decode()
    answer = send(client, "household-add", **given)
    assert answer.status_code == 302
    made = VERSIONS["residence"].objects.unscoped("test").get().thing_id
    assert answer["Location"] == reverse("web:household", args=[made])
    member = {"number": "新户1-2", "name": "甲子", "sex": "1", "on": DAY}
    assert send(client, "procedure", made, "member", relation="head", **member).status_code == 200
    assert send(client, "procedure", made, "member", relation="son", **member).status_code == 302
    assert by_relation(made).keys() == {"head", "son"}
    assert "编号“新户1”已经有了" in unescape(send(client, "household-add", **given).content.decode())


@pytest.mark.parametrize(
    ("born", "said"), [("2999-01-01", "这一天还没有到"), ("0018-01-01", "年份"), ("1899-12-31", "不早于 1900 年")]
)
def test_nobody_is_born_on_a_day_to_come_or_before_1900(
    browser: SignedIn, household: int, born: str, said: str
) -> None:
    client, head = browser("village"), by_relation(household)["head"]
    known = send(client, "facts-change", household, "identity", head, fact_birth_date=born, valid_from=DAY, version=0)
    new = {"number": "新户1", "village": "371102008201", "status": "poor", "head": "新户1-1", "name": "甲主", "on": DAY}
    added = send(client, "household-add", **new, born=born)
    child = {"number": "新1", "relation": "daughter", "on": DAY}
    joined = send(client, "procedure", household, "member", **child, born=born)
    pages = [unescape(each.content.decode()) for each in (known, added, joined)]
    refused = [bool(re.search(rf'class="bf-wrong" role="alert">[^<]*{said}', each)) for each in pages]
    assert refused == [True, True, True]
    assert not VERSIONS["identity"].objects.unscoped("test").filter(birth_date=born).exists()


def test_a_helper_is_assigned_from_posts_that_answer_for_the_household_and_ended(
    browser: SignedIn, org: Organisation, household: int
) -> None:
    client = browser("subdistrict")
    assert page(client, "gaps").count(">H1<") == 1
    offered = page(client, "helper-assign", household)
    assert [f"岗{name} " in offered for name in ("village", "district", "sibling", "subdistrict")] == [
        True,
        True,
        False,
        False,
    ]
    assert "人village" in offered
    assert send(client, "helper-assign", household, post=org.posts["sibling"], on=DAY).status_code == 200
    assert send(client, "helper-assign", household, post=org.posts["village"], on=DAY).status_code == 302
    assert ">H1<" not in page(client, "gaps")
    assert ">H1<" in client.get(reverse("web:gaps"), {"tier": "district"}).content.decode()
    made = Assignment.objects.unscoped("test").get().pk
    assert "甲head · H1 · 岗village 人village" in page(client, "helper-end", household, made)
    assert send(client, "helper-end", household, made, on=DAY, reason="换人").status_code == 200
    assert send(client, "helper-end", household, made, on="2017-09-01", reason="换人").status_code == 302
    assert "2017-03-01 – 2017-09-01" in page(client, "household", household)
    assert ">H1<" in page(client, "gaps")


def sign_in(client: Client, name: str, *args: object) -> str:
    """The sign of a form as it is shown now."""
    found = re.search(r'name="once" value="([^"]+)"', page(client, name, *args))
    assert found is not None
    return found[1]


def amounts(household: int) -> list[int]:
    lines = LedgerLine.objects.unscoped("test").filter(household=household, stands=True)
    return sorted(lines.values_list("amount", flat=True))


def test_a_form_that_is_sent_twice_is_recorded_once_and_says_so(browser: SignedIn, household: int) -> None:
    """By a second click on a slow line, or by going back and saving again."""
    client = browser("village")
    line = {"year": 2016, "item": "crop", "amount": "33.33", "once": sign_in(client, "ledger-add", household)}
    first, second = (send(client, "ledger-add", household, **line) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert amounts(household) == [3333]
    assert "没有重复登记" in page(client, "household", household)
    # Of another amount it is another line, and so is the same one in a form that was opened anew.
    send(client, "ledger-add", household, **{**line, "amount": "44.44"})
    send(client, "ledger-add", household, **{**line, "once": sign_in(client, "ledger-add", household)})
    assert amounts(household) == [3333, 3333, 4444]


def test_a_second_click_is_answered_as_the_first_though_nothing_is_as_it_was(
    browser: SignedIn, org: Organisation, household: int
) -> None:
    client, son = browser("village"), by_relation(household)["son"]
    send(client, "ledger-add", household, year=2016, item="crop", amount="10")
    send(client, "ledger-add", household, year=2016, item="rent", amount="20")
    send(client, "receipt-add", household, policy="dibao", year=2017, amount="30", paid_on=DAY)
    send(client, "receipt-add", household, policy="dibao", year=2017, amount="40", paid_on=DAY)
    crop, rent = LedgerLine.objects.unscoped("test").filter(year=2016).order_by("pk").values_list("pk", flat=True)
    one, other = Receipt.objects.unscoped("test").order_by("pk").values_list("pk", flat=True)
    of_receipt = {"policy": "dibao", "year": 2017, "amount": "31", "paid_on": DAY, "reason": "抄错"}
    sent: list[tuple[tuple[Any, ...], dict[str, object]]] = [
        (("line-correct", crop), {"item": "crop", "amount": "11", "reason": "抄错"}),
        (("line-withdraw", rent), {"reason": "记重"}),
        (("receipt-correct", one), of_receipt),
        (("receipt-withdraw", other), {"reason": "记重"}),
        (("ledger-year", 2015), {"base": 0, "amount_n-rent-0": "5"}),
        (("facts-change", "housing", household), {"valid_from": DAY, "version": 0, "fact_house_grade": "B"}),
        (("procedure", "leaving"), {"person": son, "on": DAY}),
    ]
    for (name, *args), typed_in in sent:
        first, second = (send(client, name, household, *args, **typed_in, once=name) for _ in range(2))
        assert (first.status_code, second.status_code) == (302, 302), (name, second.content.decode())
        assert first["Location"] == second["Location"]
        assert "没有重复登记" in unescape(client.get(second["Location"]).content.decode())
    assert amounts(household) == [500, 1100, 3100]


def test_a_form_that_was_refused_may_be_sent_again(browser: SignedIn, household: int) -> None:
    client = browser("village")
    line = {"year": 2016, "item": "crop", "amount": "33.33", "once": sign_in(client, "ledger-add", household)}
    assert send(client, "ledger-add", household, **{**line, "amount": "-"}).status_code == 200
    assert send(client, "ledger-add", household, **line).status_code == 302
    assert amounts(household) == [3333]


def test_a_household_that_is_sent_twice_leads_to_the_one_that_was_made(browser: SignedIn, org: Organisation) -> None:
    client = browser("subdistrict")
    new = {
        "number": "H77",
        "village": "371102008201",
        "status": "poor",
        "head": "P77",
        "name": "甲一",
        "on": DAY,
        "once": sign_in(client, "household-add"),
    }
    first, second = (send(client, "household-add", **new) for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 302), first.content.decode()
    assert first["Location"] == second["Location"]
