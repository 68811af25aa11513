"""What the list is filtered by goes along with an export: the same households, in words, and nothing that is no filter."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.exports.narrowing import part_asked
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import schema
from bangfu.reports.data import Asked
from bangfu.reports.exporting import LONGEST, found, offered, said
from bangfu.reports.households import VERDICTS
from bangfu.reports.measures import measures
from bangfu.reports.words import VERDICT_WORDS, said_of
from tests.examples import few
from tests.organisation import TODAY, Organisation
from tests.registry.conftest import org
from tests.reports.conftest import ROLES, Lists
from tests.reports.test_lists import ASKED

__all__ = ["org"]


def test_an_export_of_today_has_just_the_households_of_the_list_for_whoever_asks(lists: Lists) -> None:
    places = sorted(lists.office.org.places.values())

    @few(4)
    @given(ASKED, st.sampled_from(places), st.sampled_from(ROLES), st.booleans())
    def holds(given_: dict[str, Any], place: int, role: str, helped: bool) -> None:
        helper: dict[str, Any] = {"helper": lists.office.org.posts["village"]} if helped else {}
        # Of a filter at least, since a place alone is none.
        asked = Asked(**{"below": 5_000, **given_, **helper, "place": place})
        narrowed = offered(lists.actor(role), asked)
        assert narrowed is not None
        part = part_asked(lists.actor(role), place, TODAY, narrowed.kept)
        assert {row["thing"] for row in part.households} == lists.ids(role, asked)
        assert narrowed.households == len(lists.ids(role, asked))
        assert narrowed.said.zh != narrowed.said.en

    holds()


def test_a_place_alone_narrows_nothing(org: Organisation) -> None:
    assert offered(org.actor("officer"), Asked(place=org.places["371102"])) is None


def test_everything_that_can_be_asked_is_said_in_both_languages(org: Organisation) -> None:
    codes = {name: sorted(schema().codes[name]) for name in ("status", "category", "cause")}
    every = [(name, code) for name, listed in codes.items() for code in listed]
    every += [("gaps", name) for name in measures()] + [("verdict", name) for name in VERDICTS]
    every += [("policy", "dibao"), ("least", "-5"), ("below", "3000")]
    told = [said(org.actor("officer"), f"{name}={value}") for name, value in every]
    assert [each for each in told if not each.zh or not each.en or each.zh == each.en] == []
    assert len({each.zh for each in told}) == len(every)
    assert set(VERDICT_WORDS) == {"", *VERDICTS}


def test_a_policy_and_its_verdict_are_said_as_one_and_a_post_by_its_title(org: Organisation) -> None:
    actor = org.actor("officer")
    label, missing = said_of("policy", "dibao").zh, VERDICT_WORDS["missing"].zh
    assert said(actor, "policy=dibao&verdict=missing").zh == f"政策：{label}（{missing}）"
    assert said(actor, "policy=dibao").zh == f"政策：{label}（应享）"
    assert said(actor, f"helper={org.posts['village']}&below=3000").zh == "帮扶岗位：岗village；人均低于 3000 元"
    assert said(actor, "helper=999999").zh == "帮扶岗位：一个岗位"


@pytest.mark.parametrize(
    "kept",
    [
        "status=good", "status=poor&status=", "gaps=none", "policy=%27+OR+1%3D1", "verdict=x", "least=1e9", "helper=x",
        "place=1", "household=1", "sought=甲", "=", "status", "&", "a" * LONGEST, "status=poor" + "&gaps=asks" * 100,
    ],
)  # fmt: skip
def test_what_is_no_filter_finds_nothing_and_is_not_taken_for_none(org: Organisation, kept: str) -> None:
    actor = org.actor("officer")
    for read in (lambda: found(actor, org.places["371102"], kept), lambda: said(actor, kept)):
        with pytest.raises(DomainError, match=r"^FILTER_GONE"):
            read()
