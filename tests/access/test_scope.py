"""Rows are read for somebody or for a stated reason; everything else raises before it reaches the database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from bangfu.access.data import Actor
from bangfu.access.models import Account, Holding
from bangfu.access.rules import accounts
from bangfu.access.scope import ScopedManager, WithoutScope
from tests.organisation import Organisation, founded

pytestmark = pytest.mark.django_db
# Tables of the room that say nothing of anybody: keyed digests and counts.
NAMELESS = {"Throttle", "KnownDevice", "SentForm"}

READS: dict[str, Callable[[type[models.Model]], object]] = {
    "list": lambda model: list(model.objects.all()),  # type: ignore[attr-defined]
    "get": lambda model: model.objects.get(pk=1),  # type: ignore[attr-defined]
    "first": lambda model: model.objects.filter(pk=1).first(),  # type: ignore[attr-defined]
    "count": lambda model: model.objects.count(),  # type: ignore[attr-defined]
    "exists": lambda model: model.objects.exists(),  # type: ignore[attr-defined]
    "aggregate": lambda model: model.objects.aggregate(n=models.Count("pk")),  # type: ignore[attr-defined]
    "iterator": lambda model: list(model.objects.iterator()),  # type: ignore[attr-defined]
    "values": lambda model: list(model.objects.values_list("pk")),  # type: ignore[attr-defined]
    "in_bulk": lambda model: model.objects.in_bulk([1]),  # type: ignore[attr-defined]
    "update": lambda model: model.objects.update(pk=1),  # type: ignore[attr-defined]
    "delete": lambda model: model.objects.all().delete(),  # type: ignore[attr-defined]
    "union": lambda model: list(model.objects.all().union(model.objects.all())),  # type: ignore[attr-defined]
    "subquery": lambda model: list(model._base_manager.filter(pk__in=model.objects.all())),  # type: ignore[attr-defined]
    "exists in": lambda model: list(model._base_manager.filter(models.Exists(model.objects.all()))),  # type: ignore[attr-defined]
    "combined": lambda model: list(model.objects.all() | model.objects.all()),  # type: ignore[attr-defined]
    "explain": lambda model: model.objects.all().explain(),  # type: ignore[attr-defined]
    "dates": lambda model: model.objects.all().latest("pk"),  # type: ignore[attr-defined]
    "raw": lambda model: list(model.objects.raw("SELECT 1 AS id")),  # type: ignore[attr-defined]
    "intersection": lambda model: list(
        model.objects.unscoped("half").intersection(model.objects.all())  # type: ignore[attr-defined]
    ),
    "half combined": lambda model: list(model.objects.unscoped("half") | model.objects.all()),  # type: ignore[attr-defined]
    "bulk_update": lambda model: model.objects.bulk_update([model(pk=1)], [model._meta.fields[-1].name]),  # type: ignore[attr-defined]
    "get_or_create": lambda model: model.objects.get_or_create(pk=1),  # type: ignore[attr-defined]
    "contains": lambda model: model.objects.contains(model(pk=1)),  # type: ignore[attr-defined]
}


@pytest.fixture
def org() -> Organisation:
    return founded()


def scoped_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if isinstance(model._default_manager, ScopedManager)]


def test_every_model_of_the_room_has_a_rule() -> None:
    without = {model.__name__ for model in apps.get_app_config("access").get_models()} - {
        m.__name__ for m in scoped_models()
    }
    assert without == NAMELESS


@pytest.mark.parametrize("way", sorted(READS))
def test_a_query_without_a_scope_raises_and_sends_nothing(way: str) -> None:
    for model in scoped_models():
        with CaptureQueriesContext(connection) as sent, pytest.raises(WithoutScope):
            READS[way](model)
        assert len(sent) == 0, model.__name__


def test_a_scope_is_kept_by_what_is_made_of_the_query(org: Organisation) -> None:
    seen = Account.objects.seen_by(org.actor("village"))
    assert seen.filter(name__contains="人").exclude(pk=0).order_by("pk").count() == seen.count()
    assert seen.values_list("pk", flat=True).first() is not None


def test_rows_of_a_related_object_need_a_scope_too(org: Organisation) -> None:
    account = Account.objects.unscoped("test").get(pk=org.accounts["village"])
    with pytest.raises(WithoutScope):
        list(account.holdings.all())
    with pytest.raises(WithoutScope):
        Account.objects.unscoped("test").filter(pk__in=Holding.objects.values("account")).count()


def test_unscoped_needs_its_reason() -> None:
    with pytest.raises(WithoutScope):
        Account.objects.unscoped("")


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[Actor]:
    """Whom the rule of accounts was asked about."""
    asked: list[Actor] = []

    def rule(actor: Actor) -> models.Q:
        asked.append(actor)
        return accounts(actor)

    monkeypatch.setattr(Account, "rule", staticmethod(rule))
    return asked


def test_a_rule_is_asked_once_about_whoever_may_do_the_same_and_anew_about_anybody_else(
    org: Organisation, asked_for: list[Actor]
) -> None:
    village, again, officer = (org.actor(name) for name in ("village", "village", "officer"))
    tomorrow = replace(village, day=village.day + timedelta(days=1))
    for actor in (village, again, officer, tomorrow, village):
        written_out = Account.objects.unscoped("test").filter(accounts(actor)).distinct()
        assert list(Account.objects.seen_by(actor).order_by("pk")) == list(written_out.order_by("pk"))
    assert asked_for == [village, officer, tomorrow]


def test_what_is_kept_of_a_rule_is_no_row(org: Organisation) -> None:
    officer = org.actor("officer")
    before = set(Account.objects.seen_by(officer).values_list("pk", flat=True))
    added = org.add("late", "371102008201")
    org.open("late", "village", "371102008201")
    org.seat("late", "late")
    assert set(Account.objects.seen_by(officer).values_list("pk", flat=True)) == {*before, added}


def test_a_narrower_query_leaves_the_kept_one_as_it_was(org: Organisation) -> None:
    officer = org.actor("officer")
    before = Account.objects.seen_by(officer).count()
    assert Account.objects.seen_by(officer).filter(pk=org.accounts["officer"]).select_related("home").count() == 1
    assert Holding.objects.unscoped("test").filter(account__in=Account.objects.seen_by(officer)).exists()
    assert Account.objects.seen_by(officer).count() == before


def test_each_thread_asks_for_itself(org: Organisation, asked_for: list[Actor]) -> None:
    """Django makes SQL of a query in place: two threads that shared one could each find the other's half of a condition."""
    actor = org.actor("village")
    with ThreadPoolExecutor(max_workers=1) as other:
        for _ in range(2):
            Account.objects.seen_by(actor)
            other.submit(Account.objects.seen_by, actor).result()
    assert asked_for == [actor, actor]
