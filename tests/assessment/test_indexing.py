"""The indexes of verdicts: taken away while nothing stands, and there again whenever it matters, whatever ends a run."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from django.db import connection, transaction

from bangfu.assessment.models import VERDICTS, State
from bangfu.assessment.services import indexing, runs, storing
from bangfu.assessment.services.indexing import (
    FILLED,
    key_of,
    make_missing_constraints,
    make_missing_indexes,
    take_indexes_away,
)
from bangfu.assessment.services.runs import ask_run, carry_out
from bangfu.assessment.services.storing import current_run, forget_erased
from bangfu.engine.duck import open_engine
from bangfu.registry.arrow import reading
from bangfu.registry.bulk import insert_query
from tests.assessment.conftest import Office, standing
from tests.organisation import TODAY

pytestmark = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite keeps its indexes up as it goes")
KEYS = {key_of(model) for model in FILLED}
CONSTRAINTS = {each.name for model in FILLED for each in model._meta.constraints}
INDEXES = KEYS | {each.name for model in FILLED for each in model._meta.indexes}
ALL = CONSTRAINTS | INDEXES


@pytest.fixture(autouse=True)
def left_whole(committed: None) -> Iterator[None]:
    assert (there(), keys()) == (ALL, KEYS)
    yield
    make_missing_constraints()
    make_missing_indexes()


def found() -> dict[str, Any]:
    with connection.cursor() as cursor:
        tables = [model._meta.db_table for model in FILLED]
        every = [connection.introspection.get_constraints(cursor, table) for table in tables]
    return {name: each for of_table in every for name, each in of_table.items() if name in ALL}


def there() -> set[str]:
    return set(found())


def keys() -> set[str]:
    """What is the key of its table, and not an index alone."""
    return {name for name, each in found().items() if each["primary_key"]}


def looking(seen: list[set[str]], act: Callable[..., Any]) -> Callable[..., Any]:
    """See what is there before something is done."""

    def look(*given: Any) -> Any:
        seen.append(there())
        return act(*given)

    return look


def broken(*_: object) -> None:
    raise OSError("disk")


def test_a_first_run_stores_without_indexes_and_makes_those_that_constrain_before_its_verdicts_stand(
    crowd: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []
    monkeypatch.setattr(storing, "insert_query", looking(seen, insert_query))
    monkeypatch.setattr(storing, "forget_erased", looking(seen, forget_erased))
    monkeypatch.setattr(runs, "make_missing_indexes", broken)
    run = ask_run(crowd.by, crowd.actor, TODAY)
    with pytest.raises(OSError, match="disk"):
        carry_out(run, crowd.clock, print)
    assert seen == [*[set[str]()] * 4, CONSTRAINTS]
    current = current_run()
    assert current
    assert (current.pk, current.state) == (run, State.DONE)
    assert (there(), keys()) == (CONSTRAINTS, set())
    # As the next run does.
    take_indexes_away()
    make_missing_indexes()
    assert (there(), keys()) == (ALL, KEYS)
    assert all(standing().values())


def test_storing_that_breaks_off_leaves_them_to_the_next_run() -> None:
    take_indexes_away()
    with transaction.atomic():
        make_missing_constraints()
        assert there() == CONSTRAINTS
        transaction.set_rollback(True)
    assert there() == set()
    take_indexes_away()
    make_missing_constraints()
    make_missing_indexes()
    assert (there(), keys()) == (ALL, KEYS)


def test_who_reads_for_long_keeps_the_indexes_and_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "PATIENCE", "20ms")
    table = VERDICTS["finding"]._meta.db_table
    with closing(open_engine()) as con, reading() as reader:
        reader.fill(con, "found", {"id": "BIGINT"}, f"SELECT id FROM {table}")
        take_indexes_away()
        assert there() == ALL
    take_indexes_away()
    assert there() == set()


def test_a_table_that_somebody_reads_for_long_has_its_key_from_the_next_run_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "PATIENCE", "20ms")
    table = VERDICTS["finding"]._meta.db_table
    take_indexes_away()
    make_missing_constraints()
    with closing(open_engine()) as con, reading() as reader:
        reader.fill(con, "found", {"id": "BIGINT"}, f"SELECT id FROM {table}")
        make_missing_indexes()
        assert (there(), keys()) == (ALL, KEYS - {key_of(VERDICTS["finding"])})
    make_missing_indexes()
    assert keys() == KEYS


def test_within_another_transaction_every_index_stays_and_nobody_is_kept_waiting(crowd: Office) -> None:
    with transaction.atomic():
        take_indexes_away()
        assert there() == ALL
        with connection.cursor() as cursor:
            cursor.execute("SELECT mode FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND pid = pg_backend_pid()")
            assert cursor.fetchall() == []
