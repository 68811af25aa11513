"""The demo's households get helpers and more by the same services as any other; the same ones each time, and once."""

from datetime import date

import pytest
from django.db import transaction

from bangfu.access.models import Account
from bangfu.kernel.errors import DomainError
from bangfu.registry import demo
from bangfu.registry.models import VERSIONS, Act, Assignment
from bangfu.registry.selectors import gaps
from tests.households import new_household
from tests.organisation import Organisation


def filled(org: Organisation) -> list[tuple[str, str, date]]:
    """What the demo gives a dozen households in three villages, and takes back."""
    with transaction.atomic():
        demo.fill_demo(org.by)
        rows = Assignment.objects.unscoped("test").order_by("household__number", "post__role")
        found = list(rows.values_list("household__number", "post__title", "held_from"))
        transaction.set_rollback(True)
    return found


@pytest.fixture
def dozen(org: Organisation) -> None:
    for number in range(12):
        village = ("371102008201", "371102008202", "371102009201")[number % 3]
        new_household(org, f"D{number:02d}", village, who=("village", "sibling", "other")[number % 3])


@pytest.mark.usefixtures("dozen")
def test_households_get_helpers_with_gaps_and_some_a_full_file_once_only(org: Organisation) -> None:
    assert demo.fill_demo(org.by) == 12
    left = gaps(org.actor("officer"))
    assert 0 < left["village"] < 12
    assert 0 < left["district"] < 12
    assert {VERSIONS[kind].objects.unscoped("test").count() for kind in ("need", "kin", "phone", "asset")} == {3}
    before = Act.objects.count(), Account.objects.unscoped("test").count()
    assert demo.fill_demo(org.by) == 0
    assert (Act.objects.count(), Account.objects.unscoped("test").count()) == before


@pytest.mark.usefixtures("dozen")
def test_the_same_households_get_the_same(org: Organisation) -> None:
    assert filled(org) == filled(org) != []


def test_without_households_it_says_what_to_do(org: Organisation) -> None:
    with pytest.raises(DomainError, match="NO_HOUSEHOLDS"):
        demo.fill_demo(org.by)
