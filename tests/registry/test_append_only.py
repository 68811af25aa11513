"""What was recorded is never changed nor deleted, whoever asks the database for it, and however."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from bangfu.privacy.keys import KeyRing
from bangfu.registry import protection
from bangfu.registry.models import THINGS, VERSIONS, Act, Assignment, LedgerLine, Receipt, Settlement, Stated, Statement
from bangfu.registry.services.assignments import assign, end_assignment
from tests.households import full_household, new_household
from tests.kept import kept
from tests.organisation import TODAY, Organisation, founded

KEPT: tuple[Any, ...] = (Act, Receipt, LedgerLine, Settlement, Assignment, Statement, Stated)
MODELS = {model._meta.model_name: model for model in (*KEPT, *THINGS.values(), *VERSIONS.values())}
# For each column, a value that it does not have: by what the column holds.
OTHER = {
    "JSONField": "{}",
    "DateField": "2016-02-02",
    "DateTimeField": "2016-02-02 00:00:00+00:00",
    "CharField": "乙",
    "TextField": "乙",
}


@pytest.fixture
def filled(db: None, ring: KeyRing) -> tuple[Organisation, int]:
    """The district, and of a village a household with a row in every table, one of them an assignment that has ended."""
    return kept("full household", lambda: new_filled(founded(ring)))


@pytest.fixture
def org(filled: tuple[Organisation, int]) -> Organisation:
    return filled[0]


@pytest.fixture
def full(filled: tuple[Organisation, int]) -> int:
    return filled[1]


def new_filled(org: Organisation) -> tuple[Organisation, int]:
    household = full_household(org, "H1", "371102008201", "village")
    made = assign(org.by, org.actor("officer"), household, org.posts["village"], date(2017, 6, 1))
    end_assignment(org.by, org.actor("officer"), made, TODAY)
    return org, household


def run(sql: str, *given: Any) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, given)
        return int(cursor.rowcount)


def rows(model: Any) -> list[Any]:
    return list(model._base_manager.order_by("pk").values())


def attempts(model: Any) -> list[tuple[str, object]]:
    """A change of each column that is not derived, and the deletion."""
    table, kept = model._meta.db_table, protection.KEPT[model._meta.model_name]
    changes: list[tuple[str, object]] = [(f"DELETE FROM {table}", None)]
    for field in model._meta.concrete_fields:
        if kept.get(field.column) != "derived":
            other = OTHER.get(field.get_internal_type())
            said = f'"{field.column}" + 7' if other is None else "%s"
            match field.get_internal_type():
                case "BooleanField":
                    said = f'NOT "{field.column}"'
                case "ForeignKey" if field.target_field.get_internal_type() == "UUIDField":
                    said = "NULL"
            # Where nothing stands, nothing changes.
            where = f' WHERE "{field.column}" IS NOT NULL'
            changes.append((f'UPDATE {table} SET "{field.column}" = {said}{where}', other if said == "%s" else None))
    return changes


def went_through(model: Any) -> list[str]:
    found = []
    for sql, given in attempts(model):
        try:
            changed = run(sql, *([] if given is None else [given]))
        except IntegrityError as refusal:
            if protection.MESSAGE not in str(refusal):
                found.append(f"{sql}: {refusal}")
        else:
            found += [sql] if changed else []
    return found


def test_no_column_is_changed_and_no_row_deleted(full: int) -> None:
    before = {name: rows(model) for name, model in MODELS.items()}
    assert all(before.values())
    assert [each for model in MODELS.values() for each in went_through(model)] == []
    assert {name: rows(model) for name, model in MODELS.items()} == before


def test_without_the_triggers_they_would_be(full: int) -> None:
    protection.lift(connection)
    assert went_through(VERSIONS["housing"])
    assert went_through(LedgerLine)


WAYS: dict[str, Callable[[Any], object]] = {
    "saved": lambda row: row.save(),
    "saved by name": lambda row: row.save(update_fields=["house_grade"]),
    "updated": lambda row: type(row).objects.unscoped("test").filter(pk=row.pk).update(house_grade="D"),
    "updated in bulk": lambda row: type(row)._base_manager.bulk_update([row], ["house_grade"]),
    "put over": lambda row: type(row)._base_manager.bulk_create(
        [row], update_conflicts=True, update_fields=["house_grade"], unique_fields=["id"]
    ),
    "deleted": lambda row: row.delete(),
    "deleted in bulk": lambda row: type(row)._base_manager.filter(pk=row.pk).delete(),
    "made current on another day": lambda row: (
        type(row)._base_manager.filter(pk=row.pk).update(is_current=False, valid_from=TODAY)
    ),
}


@pytest.mark.parametrize("way", sorted(WAYS))
def test_however_it_is_asked_for(full: int, way: str) -> None:
    row: Any = VERSIONS["housing"].objects.unscoped("test").get()
    row.house_grade = "D"
    with pytest.raises(IntegrityError, match=protection.MESSAGE), transaction.atomic():
        WAYS[way](row)
    assert VERSIONS["housing"].objects.unscoped("test").get().house_grade != "D"


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite knows REPLACE")
def test_a_row_that_replaces_another_is_refused_too(full: int) -> None:
    row = VERSIONS["housing"].objects.unscoped("test").get()
    with pytest.raises(IntegrityError, match=protection.MESSAGE):
        run("REPLACE INTO registry_housingversion SELECT * FROM registry_housingversion WHERE id = %s", row.pk)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL knows TRUNCATE")
@pytest.mark.django_db
def test_a_table_is_not_emptied_at_a_stroke() -> None:
    with pytest.raises(IntegrityError, match=protection.MESSAGE):
        run("TRUNCATE registry_needversion")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE registry_settlement SET reopened_id = reopened_id + 1",
        "UPDATE registry_settlement SET reopened_id = NULL",
        "UPDATE registry_assignment SET held_until = '2017-11-11'",
        "UPDATE registry_assignment SET ended_by_id = ended_by_id - 1",
    ],
)
def test_a_year_is_opened_again_once_and_an_end_is_not_moved(full: int, change: str) -> None:
    run("UPDATE registry_settlement SET reopened_id = act_id")
    with pytest.raises(IntegrityError, match=protection.MESSAGE):
        run(change)
    assert run("UPDATE registry_assignment SET held_until = NULL, ended_by_id = NULL") == 1


ERASURE = "(SELECT MAX(id) FROM registry_erasure)"


@pytest.fixture
def erasure(full: int) -> None:
    """One that emptied nothing yet."""
    run(
        f"INSERT INTO registry_erasure (at, entry_id, household_id) SELECT at, entry_id, {full} FROM registry_act LIMIT 1"
    )


@pytest.mark.parametrize(
    "change",
    [
        f"UPDATE registry_healthversion SET erased_id = {ERASURE}",
        f"UPDATE registry_healthversion SET erased_id = {ERASURE}, illness = '乙'",
        "UPDATE registry_healthversion SET illness = NULL",
        f"UPDATE registry_residenceversion SET erased_id = {ERASURE}, hamlet = NULL, address = NULL, road_kind = 'earth'",
        f"UPDATE registry_ledgerline SET erased_id = {ERASURE}, note = '', amount = 0",
    ],
)
def test_an_erasure_that_does_not_empty_or_that_changes_more_is_refused(erasure: None, change: str) -> None:
    with pytest.raises(IntegrityError, match=protection.MESSAGE):
        run(change)


def test_what_was_erased_stays_so(erasure: None) -> None:
    assert run(f"UPDATE registry_ledgerline SET erased_id = {ERASURE}, note = ''")
    with pytest.raises(IntegrityError, match=protection.MESSAGE):
        run("UPDATE registry_ledgerline SET erased_id = NULL, note = '甲'")


def test_no_row_corrects_what_is_anothers(full: int, org: Organisation) -> None:
    other = new_household(org, "H2", "371102008201")
    row: Any = VERSIONS["residence"].objects.unscoped("test").get(thing=full)
    copy: Any = VERSIONS["residence"].objects.unscoped("test").get(thing=other)
    copy.pk, copy.stands, copy.is_current, copy.corrects = None, False, False, row
    with pytest.raises(IntegrityError, match=protection.ANOTHERS), transaction.atomic():
        copy.save(force_insert=True)
    copy.thing_id = full
    copy.save(force_insert=True)


@pytest.mark.django_db
def test_every_table_has_the_triggers_that_its_model_asks_for() -> None:
    assert set(protection.installed(connection)) == protection.wanted_of(connection, apps)


def test_every_model_of_the_register_says_what_of_it_may_change() -> None:
    # What was touched is no fact: a row goes when a run has taken it up. What lists read is derived.
    free = {"touched", "listed", "namepart"}
    names = {model._meta.model_name for model in apps.get_app_config("registry").get_models()}
    assert names - free == set(protection.KEPT)


@pytest.mark.django_db
def test_a_trigger_that_somebody_dropped_is_noticed_and_made_again_by_the_next_migration() -> None:
    name, table = next(iter(protection.installed(connection).items()))
    run(protection.drop(connection.vendor, name, table))
    assert name not in protection.installed(connection)
    protection.protect(connection, apps)
    assert set(protection.installed(connection)) == protection.wanted_of(connection, apps)
