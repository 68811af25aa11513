"""`/health/` tells a supervisor which part fails, and a stranger nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from bangfu.audit.data import Act, By
from bangfu.audit.sealer import seal_all
from bangfu.audit.services import record
from bangfu.privacy.keys import KeyRing

NOW = datetime(2017, 5, 4, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bangfu.web.health.timezone.now", lambda: NOW)


def waiting_since(at: datetime) -> None:
    with transaction.atomic():
        record(By("account:1", at, KeyRing.made()), Act("audit.read"))


def asked(client: Client) -> tuple[int, object]:
    answer = client.get("/health/")
    return answer.status_code, answer.json()


def test_all_is_well(client: Client) -> None:
    assert asked(client) == (200, {"status": "ok"})


@pytest.mark.parametrize(("seconds", "status"), [(60, 200), (61, 503)])
def test_entries_wait_no_longer_than_a_minute(client: Client, seconds: int, status: int) -> None:
    waiting_since(NOW - timedelta(seconds=seconds))
    waiting_since(NOW)
    assert asked(client)[0] == status
    seal_all()
    assert asked(client)[0] == 200


def test_the_part_that_fails_is_named(client: Client) -> None:
    waiting_since(NOW - timedelta(hours=1))
    assert asked(client) == (503, {"status": "failing", "part": "sealing"})
    MigrationRecorder.Migration.objects.filter(app="audit", name="0001_initial").delete()
    assert asked(client) == (503, {"status": "failing", "part": "migrations"})


def test_a_database_that_does_not_answer_is_told_without_its_words(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def gone(self: object) -> None:
        raise OperationalError("could not connect to 10.0.0.7 as bangfu")

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", gone)
    assert asked(client) == (503, {"status": "failing", "part": "database"})
    assert "10.0.0.7" in caplog.text


def test_asking_costs_two_queries(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    client.get("/health/")
    with django_assert_max_num_queries(3):  # and whether there is a table of migrations
        client.get("/health/")
