"""The policy answers "which rows" and "may I, and why not" from the same grants."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bangfu.access.data import Actor
from bangfu.access.models import Account, Holding, Post, PostArea, Session
from bangfu.access.policy import actor_of, may, require
from bangfu.access.roles import permissions, roles
from bangfu.access.services.people import close_account
from bangfu.access.services.posts import hand_over
from bangfu.kernel.errors import DomainError
from tests.organisation import NOW, TODAY, Organisation, founded

pytestmark = pytest.mark.django_db


@pytest.fixture
def org() -> Organisation:
    return founded()


def seen(org: Organisation, name: str) -> set[str]:
    ids = set(Account.objects.seen_by(org.actor(name)).values_list("pk", flat=True))
    return {known for known, account in org.accounts.items() if account in ids}


DISTRICT = {"admin", "auditor", "officer", "district", "subdistrict", "village", "sibling", "other"}
# Whom each sees: themselves, their area, and those who lead it; who manages or audits, all who belong there.
SEES = {
    "admin": DISTRICT | {"nobody"},
    "auditor": DISTRICT | {"nobody"},
    "officer": DISTRICT,
    "district": {"admin", "auditor", "officer", "district", "subdistrict", "village"},
    "subdistrict": {"admin", "auditor", "officer", "district", "subdistrict", "village", "sibling"},
    "village": {"admin", "auditor", "officer", "district", "subdistrict", "village"},
    "sibling": {"admin", "auditor", "officer", "subdistrict", "sibling"},
    "other": {"admin", "auditor", "officer", "other"},
    "stranger": {"stranger"},
    "nobody": {"nobody"},
}


@pytest.mark.parametrize("name", sorted(SEES))
def test_people_are_seen_by_their_area_and_what_leads_it(org: Organisation, name: str) -> None:
    assert seen(org, name) == SEES[name]


def test_a_zone_sees_the_subdistricts_it_runs_though_no_code_prefix_says_so(org: Organisation) -> None:
    org.add("lead")
    org.open("lead", "subdistrict", units=(org.zone,))
    org.seat("lead", "lead")
    assert {"village", "sibling", "other"} <= seen(org, "lead")
    assert "stranger" not in seen(org, "lead")
    assert "lead" in seen(org, "other")


def test_a_post_gives_rights_from_its_first_day_until_the_day_it_ends(org: Organisation) -> None:
    org.add("next")
    hand_over(org.by, org.founder, org.posts["village"], org.accounts["next"], date(2017, 12, 10))
    for account, first, last in (("village", date(2014, 1, 1), date(2017, 12, 9)), ("next", date(2017, 12, 10), None)):
        for day, holds in (
            (first - timedelta(1), False),
            (first, True),
            (last, True),
            (last and last + timedelta(1), False),
        ):
            if day is not None:
                at = NOW.replace(year=day.year, month=day.month, day=day.day)
                assert bool(actor_of(org.accounts[account], at).grants) is holds, (account, day)


def test_the_day_is_the_offices_and_not_the_servers(org: Organisation) -> None:
    org.add("next")
    hand_over(org.by, org.founder, org.posts["village"], org.accounts["next"], date(2017, 12, 2))
    last_minute = NOW.replace(hour=15, minute=59)  # 23:59 of the first
    assert actor_of(org.accounts["village"], last_minute).grants
    assert not actor_of(org.accounts["village"], last_minute + timedelta(minutes=1)).grants


@pytest.mark.parametrize("role", sorted(roles()))
@pytest.mark.parametrize("name", sorted(permissions()))
def test_may_is_the_roles_list_within_the_area_and_nowhere_else(org: Organisation, role: str, name: str) -> None:
    actor = org.actor(role)
    inside = {"district": "371102008201", "subdistrict": "371102008", "village": "371102008201"}.get(role, "371102")
    allowed = name in roles()[role].permissions
    assert bool(may(actor, name, org.places[inside])) is allowed
    assert bool(may(actor, name)) is allowed
    assert not may(actor, name, org.places["371103001"])
    assert not may(actor, name, org.places["37"])
    assert not may(org.actor("nobody"), name)


def holder_of(permission: str) -> str:
    return next(role.name for role in roles().values() if permission in role.permissions)


@pytest.mark.parametrize("name", [p.name for p in permissions().values() if p.second_factor])
def test_what_needs_a_code_is_refused_without_one_and_says_so(org: Organisation, name: str) -> None:
    holder = org.actor(holder_of(name), sure=False)
    assert may(holder, name).code == "SECOND_FACTOR_NEEDED"
    with pytest.raises(DomainError, match="SECOND_FACTOR_NEEDED"):
        require(holder, name)


@pytest.mark.parametrize("name", [p.name for p in permissions().values() if p.confirm])
def test_what_has_consequences_wants_the_password_once_more(org: Organisation, name: str) -> None:
    unsure = actor_of(org.accounts[holder_of(name)], NOW, second_factor=True, confirmed=False)
    assert may(unsure, name).code == "CONFIRMATION_NEEDED"


def test_an_unknown_permission_raises_and_is_never_a_no(org: Organisation) -> None:
    with pytest.raises(KeyError):
        may(org.actor("admin"), "people.mange")
    with pytest.raises(KeyError):
        may(Actor(TODAY), "people.mange")


def test_nobody_sees_nothing(org: Organisation) -> None:
    for model in (Account, Post, PostArea, Holding, Session):
        assert model.objects.seen_by(Actor(TODAY)).count() == 0, model


def test_a_closed_account_is_seen_only_by_who_looks_after_it_or_audits(org: Organisation) -> None:
    hand_over(org.by, org.founder, org.posts["village"], None, TODAY)
    close_account(org.by, org.founder, org.accounts["village"])
    assert [name for name in SEES if name != "village" and "village" in seen(org, name)] == ["admin", "auditor"]


def test_who_moved_away_is_seen_where_they_are_now(org: Organisation) -> None:
    hand_over(org.by, org.founder, org.posts["village"], None, TODAY)
    org.open("second", "village", "371102009201")
    org.seat("village", "second", TODAY)
    assert "village" not in seen(org, "district")
    assert "village" in seen(org, "other")


def test_a_list_and_its_rows_agree_for_everybody(org: Organisation) -> None:
    for name in SEES:
        actor = org.actor(name)
        for model in (Account, Post, PostArea, Holding):
            listed = set(model.objects.seen_by(actor).values_list("pk", flat=True))
            each = {
                pk
                for pk in model.objects.unscoped("test").values_list("pk", flat=True)
                if model.objects.seen_by(actor).filter(pk=pk).exists()
            }
            assert listed == each


def test_an_actor_costs_three_queries_however_many_posts(org: Organisation) -> None:
    for n in range(5):
        org.open(f"extra{n}", "village", "371102008202")
        org.seat("village", f"extra{n}")
    with CaptureQueriesContext(connection) as sent:
        actor_of(org.accounts["village"], NOW)
    assert len(sent) == 3
