"""Rows that tests begin with are laid down again, whatever order the database holds them in."""

from django.db import connection, transaction

from bangfu.privacy.keys import KeyRing
from bangfu.registry.models import LedgerLine
from bangfu.registry.services.ledger import NewLine, record_ledger
from tests.households import new_household
from tests.kept import kept
from tests.organisation import Organisation, founded


def _lines() -> list[tuple[int, int | None]]:
    return list(LedgerLine.objects.unscoped("test").order_by("pk").values_list("pk", "corrects_id"))


def test_a_line_that_lies_behind_the_one_that_corrects_it_is_laid_down_again(db: None, ring: KeyRing) -> None:
    """A new row takes the place of one that is gone, before those that are older: as an update moves a row to the end."""

    def make() -> Organisation:
        org = founded()
        household = new_household(org, "H1", "371102008201")
        actor = org.actor("village")
        record_ledger(org.by, actor, household, 2016, [NewLine("crop", 500_000)])
        ((line, _),) = _lines()
        record_ledger(org.by, actor, household, 2016, [NewLine("crop", 450_000, corrects=line)])
        with connection.cursor() as cursor:
            cursor.execute("UPDATE registry_ledgerline SET id = id WHERE id = %s", [line])
        return org

    with transaction.atomic():
        kept("moved", make)
        made = _lines()
        transaction.set_rollback(True)
    assert _lines() == []
    kept("moved", make)
    assert _lines() == made
    assert made[1][1] == made[0][0]
