"""Lists, what waits, and figures: every count is the length of the list that it opens, for every role, whatever is asked."""

from dataclasses import replace
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from bangfu.access.data import NotThere
from bangfu.assessment.household import glance
from bangfu.assessment.models import HouseholdVerdict, PolicyVerdict
from bangfu.assessment.services.tallying import tally
from bangfu.casework.figures import FIGURES
from bangfu.casework.kinds import kinds
from bangfu.engine.request import book_of
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import schema
from bangfu.places.positions import locate
from bangfu.registry.models import Household, Listed
from bangfu.reports.data import Asked
from bangfu.reports.figures import figures
from bangfu.reports.filters import MOST, forget_filter, keep_filter, kept_filters
from bangfu.reports.households import VERDICTS, listing, places_offered, rows_asked
from bangfu.reports.measures import CONDITIONS, KINDS, measures
from bangfu.reports.waiting import PROVIDERS, waits
from bangfu.reports.words import VERDICT_WORDS
from tests.examples import few
from tests.organisation import NOW, TODAY, Organisation
from tests.registry.conftest import org
from tests.reports.conftest import ROLES, Lists

__all__ = ["org"]
# Whatever can be asked, in random company; a place is named by its place in the order of places.
ASKED = st.fixed_dictionaries(
    {},
    optional={
        "place": st.integers(0, 10),
        "status": st.sampled_from(sorted(schema().codes["status"])),
        "category": st.sampled_from(sorted(schema().codes["category"])),
        "cause": st.sampled_from(sorted(schema().codes["cause"])),
        "policy": st.sampled_from(sorted(book_of(()).policies)),
        "verdict": st.sampled_from(sorted(VERDICTS)),
        "gaps": st.lists(st.sampled_from(sorted(measures())), max_size=2, unique=True).map(tuple),
        "least": st.integers(-1_000, 10_000),
        "below": st.integers(-1_000, 10_000),
    },
)


# The gaps by which the list behind a figure of a place is asked.
GAPS_BEHIND: dict[str, tuple[str, ...]] = {
    "households": (),
    "exact": ("exact",),
    "below_line": ("below_line",),
    "missing_households": ("missing",),
}


def test_income_that_is_not_settled_is_called_the_same_in_lists_tasks_and_reports() -> None:
    said = measures()["unsettled"].text.zh
    assert (kinds()["income"].text.zh, FIGURES["unsettled"][0].zh) == (said, f"{said}（户）")


def test_what_was_received_too_much_is_called_the_same_in_lists_and_tasks() -> None:
    assert kinds()["unexplained"].text.zh == measures()["unexplained"].text.zh == VERDICT_WORDS["unexplained"].zh


def received(*reconciled: str) -> set[int]:
    rows = PolicyVerdict.objects.unscoped("test").filter(until=None, reconciliation__in=reconciled)
    return set(rows.values_list("household", flat=True))


def test_what_came_beyond_what_is_due_is_asked_for_with_what_came_for_no_reason(lists: Lists) -> None:
    assert received("over") - received("unexplained")
    assert lists.ids("officer", Asked(gaps=("unexplained",))) == received("over", "unexplained")


def test_rows_summed_up_before_have_it_after_the_migration(lists: Lists) -> None:
    counted = Listed.objects.unscoped("test").order_by("pk").values_list("pk", "unexplained_policies")
    before = list(counted)
    Listed.objects.unscoped("test").filter(pk__in=received("over")).update(unexplained_policies=0)
    with connection.cursor() as cursor:
        cursor.execute(import_module("bangfu.assessment.migrations.0006_received_too_much").ANEW)
    assert list(counted.all()) == before


def test_every_measure_has_its_words_and_its_condition() -> None:
    assert set(measures()) == set(CONDITIONS)
    assert {each.of for each in measures().values()} == set(KINDS)


def test_each_role_lists_the_households_that_it_may_see(lists: Lists) -> None:
    listed = {role: lists.ids(role, Asked()) for role in ROLES}
    seen = {
        role: set(Household.objects.seen_by(lists.actor(role)).exclude(place=None).values_list("pk", flat=True))
        for role in ROLES
    }
    assert listed == seen
    assert 0 < len(listed["village"]) < len(listed["subdistrict"]) < len(listed["officer"])
    assert 0 < len(listed["district"]) < len(listed["officer"])


def test_every_count_of_the_first_page_is_the_length_of_the_list_that_it_opens(lists: Lists) -> None:
    told = {role: waits(lists.actor(role), NOW).some for role in ROLES}
    counts = {(role, each.pairs): each.count for role in ROLES for each in told[role] if each.pairs}
    opened = {(role, pairs): len(lists.ids(role, Asked(gaps=(pairs[0][1],)))) for role, pairs in counts}
    assert counts == opened
    assert {name for _, ((_, name),) in counts} >= {
        "missing",
        "warnings",
        "clues",
        "no_village_helper",
        "missing_papers",
    }


def test_of_papers_those_are_told_who_keep_dossiers(lists: Lists) -> None:
    told = {role: waits(lists.actor(role), NOW) for role in ROLES}
    labels = {role: {*(each.label for each in found.some), *found.none} for role, found in told.items()}
    of_papers = {each.text for each in measures().values() if each.of == "papers"}
    assert len(of_papers) == 2
    keepers = {"subdistrict", "village", "sibling", "other", "officer"}
    assert {role: of_papers & labels[role] for role in ROLES} == {
        role: of_papers if role in keepers else set() for role in ROLES
    }


def test_a_dossier_that_was_never_counted_is_in_no_list_of_those_that_lack_papers(lists: Lists) -> None:
    lacking = lists.ids("officer", Asked(gaps=("missing_papers",)))
    first, second = sorted(lacking)[:2]
    Listed.objects.unscoped("test").filter(pk=first).update(missing_papers=None)
    Listed.objects.unscoped("test").filter(pk=second).update(missing_papers=0)
    assert lists.ids("officer", Asked(gaps=("missing_papers",))) == lacking - {first, second} != set()


def test_what_there_is_nothing_of_is_only_named(lists: Lists) -> None:
    told = waits(lists.actor("officer"), NOW)
    assert all(each.count > 0 for each in told.some)
    assert len(told.some) + len(told.none) == len([each for p in PROVIDERS for each in p(lists.actor("officer"), NOW)])


def test_what_is_asked_together_is_what_is_asked_one_by_one(lists: Lists) -> None:
    places = sorted(lists.office.org.places.values())

    @few(5)
    @given(ASKED, st.sampled_from(ROLES))
    def holds(given_: dict[str, Any], role: str) -> None:
        said = {**given_, **({"place": places[given_["place"]]} if "place" in given_ else {})}
        asked = Asked(**said)
        # A policy and its verdict are one question.
        one = {name: said.pop(name) for name in ("policy", "verdict") if name in said}
        parts = [Asked(**one), *(Asked(**{name: value}) for name, value in said.items() if name != "gaps")]
        parts += [Asked(gaps=(gap,)) for gap in asked.gaps]
        assert lists.ids(role, asked) == lists.ids(role, Asked()).intersection(*(lists.ids(role, p) for p in parts))
        assert Asked(**{**dict(parse_pairs(asked)), "gaps": asked.gaps}) == asked

    holds()


def test_of_a_policy_alone_those_are_found_who_are_entitled_to_it(lists: Lists) -> None:
    stand = PolicyVerdict.objects.unscoped("test").filter(until=None, verdict="entitled")
    policies = set(stand.values_list("policy_id", flat=True))
    entitled = {p: set(stand.filter(policy_id=p).values_list("household", flat=True)) for p in policies}
    seen = lists.ids("officer", Asked())
    assert entitled
    assert {p: lists.ids("officer", Asked(policy=p)) for p in policies} == {p: seen & entitled[p] for p in entitled}


def parse_pairs(asked: Asked) -> list[tuple[str, Any]]:
    whole = ("place", "least", "below")
    return [(name, int(value) if name in whole else value) for name, value in asked.pairs() if name != "gaps"]


def test_the_sums_are_those_of_all_that_was_found(lists: Lists) -> None:
    totals = listing(lists.actor("officer"), Asked(status="poor"), "", lists.ring, 1).totals
    rows = list(Listed.objects.seen_by(lists.actor("officer")).filter(status="poor"))
    assert (totals.households, totals.persons) == (len(rows), sum(row.members for row in rows))
    assert totals.net_income == sum(row.net_income or 0 for row in rows)
    assert totals.income_unknown == sum(1 for row in rows if row.net_income is None)
    assert (totals.due, totals.received) == (sum(row.due for row in rows), sum(row.received for row in rows))
    assert totals.missing == sum(row.missing_amount or 0 for row in rows)


def test_a_list_says_of_money_what_a_households_own_page_says(lists: Lists) -> None:
    household, actor = min(lists.ids("officer", Asked())), lists.actor("officer")
    since = HouseholdVerdict.objects.unscoped("test").get(household=household, until=None).since
    of_it = PolicyVerdict.objects.unscoped("test").filter(household=household)
    of_it.filter(policy_id="house_repair").delete()
    # Due for a part of the year, and then another policy took its place.
    said: dict[str, Any] = {"verdict": "excluded", "reconciliation": "missing", "due_low": 48_000, "due_high": 48_000}
    of_it.create(household_id=household, since=since, policy_id="house_repair", received=0, **said)
    tally([household])
    rows = {row.id: row for row in listing(actor, Asked(), "", lists.ring, 1).rows}
    told = {each: glance(actor, each) for each in rows}
    assert rows[household].due >= 48_000
    assert {each: (row.due, row.received) for each, row in rows.items()} == {
        each: (one.due, one.received) for each, one in told.items() if one is not None
    }


def test_a_page_that_there_is_not_is_the_nearest(lists: Lists) -> None:
    pages = [listing(lists.actor("officer"), Asked(), "", lists.ring, n) for n in (-1, 0, 1, 2, 99_999)]
    assert all(page.rows == pages[0].rows for page in pages)


def test_a_search_finds_within_what_is_seen_and_asked(lists: Lists) -> None:
    row = Listed.objects.unscoped("test").filter(place=lists.office.org.places["371102008202"]).exclude(head="")[0]
    assert row.pk in lists.ids("officer", Asked(), row.head[:2])
    assert row.pk in lists.ids("sibling", Asked(), row.number)
    assert row.pk not in lists.ids("village", Asked(), row.head[:2])
    assert row.pk not in lists.ids("officer", Asked(place=lists.office.org.places["371102009"]), row.head[:2])


def test_signs_that_mean_something_to_a_database_find_nothing_by_it(lists: Lists) -> None:
    signs = ("%", "_", "'", '"', "\\", "'; DROP TABLE x --", "\U0010ffff", "𠮷", "·", "王%", "x" * 50)
    assert [sign for sign in signs if lists.ids("officer", Asked(), sign)] == []


def test_a_figure_is_the_length_of_the_list_behind_it(lists: Lists) -> None:
    told = {role: figures(lists.actor(role), None) for role in ROLES}
    bars = {(role, bar.pairs): bar.amount for role in ROLES for bar in (*told[role].causes, *told[role].spread)}
    assert bars == {(role, pairs): len(lists.ids(role, asked_of(pairs))) for role, pairs in bars}
    cells = {
        (role, place.place, name): getattr(place, name)
        for role in ROLES
        for place in (*told[role].places, told[role].whole)
        for name in GAPS_BEHIND
    }
    behind = {
        (role, place, name): len(lists.ids(role, Asked(place=place, gaps=GAPS_BEHIND[name])))
        for role, place, name in cells
    }
    assert cells == behind


def test_how_many_households_the_sums_of_income_leave_out_is_what_the_list_says(lists: Lists) -> None:
    told, listed = figures(lists.actor("officer"), None), listing(lists.actor("officer"), Asked(), "", lists.ring, 1)
    assert told.income_unknown == listed.totals.income_unknown > 0


def test_a_household_that_was_not_assessed_yet_takes_no_figures_from_the_others(lists: Lists) -> None:
    actor = lists.actor("officer")
    (first,) = rows_asked(actor, Asked()).values_list("pk", flat=True)[:1]
    HouseholdVerdict.objects.unscoped("test").filter(household=first).delete()
    Listed.objects.unscoped("test").filter(pk=first).update(assessed=False)
    assert figures(actor, None).line is not None


def test_who_answers_for_a_place_and_for_one_in_it_counts_each_household_once(lists: Lists) -> None:
    org = lists.office.org
    org.seat("village", "subdistrict", TODAY)
    told = figures(lists.actor("village"), None)
    assert [each.name for each in told.places] == ["东一村", "东二村"]
    assert told.whole.households == len(lists.ids("village", Asked()))


def test_places_lie_on_the_map_as_far_apart_as_they_are_and_only_those_of_which_it_is_known(lists: Lists) -> None:
    org, officer, district = lists.office.org, lists.actor("officer"), lists.office.org.places["371102"]
    assert figures(officer, district).map == ()
    # A tenth of a degree: 11.1 km to the north, and at this latitude 9.1 to the east.
    lines = "371102008201 119.5 35.4\n371102008202 119.6 35.4\n371102009201 119.55 35.5"
    locate(lists.office.by, district, lines)
    told = figures(officer, org.places["371102008"])
    assert [(each.measured.name, each.north) for each in told.map] == [("东一村", 0), ("东二村", 0)]
    assert [each.east for each in told.map] == pytest.approx([0, 9_064], abs=5)
    whole = figures(officer, district)
    assert [each.measured.place for each in whole.map] == [org.places["371102008"], org.places["371102009"]]
    assert [each.north for each in whole.map] == pytest.approx([0, 11_119], abs=5)
    assert figures(lists.actor("village"), None).map == ()


def asked_of(pairs: tuple[tuple[str, str], ...] | None) -> Asked:
    return Asked(**{name: int(value) if value.lstrip("-").isdigit() else value for name, value in pairs or ()})  # type: ignore[arg-type]


def test_a_place_leads_to_those_below_it_and_no_further_than_ones_area(org: Organisation) -> None:
    names = [name for _, name, _ in places_offered(org.actor("officer"), org.places["371102008"])]
    assert names == ["丙区", "东街道", "东一村", "东二村"]
    assert [name for _, name, _ in places_offered(org.actor("village"), org.places["371103"])] == ["东一村"]


def test_filters_are_kept_for_oneself_and_replaced_by_name(org: Organisation) -> None:
    village, sibling = org.actor("village"), org.actor("sibling")
    first = keep_filter(village, "低保", "category=dibao")
    assert keep_filter(village, "低保", "category=wubao") == first
    assert [(each.name, dict(parse_qsl(each.asked))) for each in kept_filters(village)] == [
        ("低保", {"category": "wubao"})
    ]
    assert kept_filters(sibling) == []
    with pytest.raises(NotThere):
        forget_filter(sibling, first)
    forget_filter(village, first)
    assert kept_filters(village) == []


def test_so_many_filters_and_no_more(org: Organisation) -> None:
    actor = org.actor("village")
    assert len({keep_filter(actor, f"甲{number}", "") for number in range(MOST)}) == MOST
    keep_filter(actor, "甲0", "status=poor")
    with pytest.raises(DomainError) as refused:
        keep_filter(actor, "一个太多", "")
    assert refused.value.code == "TOO_MANY_FILTERS"
    with pytest.raises(NotThere):
        keep_filter(replace(actor, account=None), "谁的", "")
