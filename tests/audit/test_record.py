"""An entry stands or falls with its act, is never altered, and is sealed in the order in which it was found."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from bangfu.audit.data import Act, By
from bangfu.audit.models import Entry, EntryText, Link, Outcome, Waiting
from bangfu.audit.services import erase_text, number_ahead, record, record_denied, seal_waiting
from bangfu.kernel.errors import DomainError
from bangfu.privacy.keys import KeyRing
from tests.audit.conftest import lift_protection, restore_protection

NOW = datetime(2017, 5, 4, 9, 30, tzinfo=UTC)
REASON = "核对 <b>'\";--"
LOOK = Act("audit.read", "account:9", place=3, words={"kind": "phone"})


@pytest.fixture
def by(ring: KeyRing) -> By:
    return By("account:7", NOW, ring, REASON)


pytestmark = pytest.mark.usefixtures("committed")


def written(by: By, act: Act = LOOK) -> int:
    with transaction.atomic():
        return record(by, act)


def test_an_entry_is_written_with_its_act(by: By) -> None:
    entry = Entry.objects.get(pk=written(by))
    assert (entry.act, entry.actor, entry.subject, entry.place, entry.at) == (
        "audit.read",
        "account:7",
        "account:9",
        3,
        NOW,
    )
    assert entry.outcome == Outcome.DONE
    assert EntryText.objects.get(entry=entry).body == {"reason": REASON, "kind": "phone"}


def test_the_number_of_a_row_that_its_entry_names_is_given_to_no_other(by: By) -> None:
    with transaction.atomic():
        number = number_ahead(Entry)
        made = Entry.objects.create(pk=number, at=NOW, act="audit.read", outcome=Outcome.DONE, actor="account:7")
    following = written(by)
    with transaction.atomic():
        assert made.pk == number < following < number_ahead(Entry)


def test_an_entry_goes_when_its_act_is_undone(by: By) -> None:
    with transaction.atomic():
        record(by, LOOK)
        transaction.set_rollback(True)
    assert [model.objects.count() for model in (Entry, EntryText, Waiting)] == [0, 0, 0]


def test_an_entry_outside_of_its_acts_transaction_is_a_mistake(by: By) -> None:
    with pytest.raises(RuntimeError):
        record(by, LOOK)
    with pytest.raises(RuntimeError), transaction.atomic():
        record_denied(by, LOOK)
    assert Entry.objects.count() == 0


def test_an_act_that_is_not_listed_cannot_be_recorded(by: By) -> None:
    with pytest.raises(KeyError):
        written(by, Act("audit.forget"))


def test_a_denied_attempt_is_kept(by: By) -> None:
    assert Entry.objects.get(pk=record_denied(by, LOOK)).outcome == Outcome.DENIED


CHANGES = [
    "UPDATE audit_entry SET actor = 'account:8'",
    "DELETE FROM audit_entry",
    "UPDATE audit_link SET digest = 'x'",
    "DELETE FROM audit_link",
    "UPDATE audit_entrytext SET salt = 'x'",
    # SQLite has no TRUNCATE.
    *(["TRUNCATE audit_entry CASCADE", "TRUNCATE audit_link"] if connection.vendor == "postgresql" else []),
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_refuses_every_change(by: By, change: str) -> None:
    written(by)
    seal_waiting()
    before = list(Entry.objects.values()), list(Link.objects.values()), list(EntryText.objects.values())
    with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert (list(Entry.objects.values()), list(Link.objects.values()), list(EntryText.objects.values())) == before


@pytest.mark.parametrize("change", [change for change in CHANGES if change.startswith("UPDATE")])
def test_without_the_triggers_the_change_goes_through(by: By, change: str) -> None:
    written(by)
    seal_waiting()
    lift_protection()
    with connection.cursor() as cursor:
        cursor.execute(change)
        assert cursor.rowcount == 1
    restore_protection()


def test_what_waits_is_sealed_once_and_in_order(by: By) -> None:
    first = [written(by) for _ in range(5)]
    assert seal_waiting(limit=3) == 3
    assert seal_waiting() == 2
    assert seal_waiting() == 0
    assert list(Link.objects.order_by("number").values_list("number", "entry_id")) == list(enumerate(first, start=1))
    assert Waiting.objects.count() == 0


def test_erasing_a_text_leaves_an_entry_and_happens_once(by: By) -> None:
    entry = written(by)
    erase_text(by, entry)
    assert not EntryText.objects.filter(pk=entry).exists()
    erasure = Entry.objects.get(act="audit.erase_text")
    assert (erasure.subject, erasure.place) == (f"entry:{entry}", Entry.objects.get(pk=entry).place)
    with pytest.raises(DomainError, match="NOTHING_TO_ERASE"):
        erase_text(by, entry)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "act", [Act("no.such"), Act("audit.read", words={"no_such_word": 1}), Act("audit.read", "no_such_kind:1")]
)
def test_what_nobody_could_read_later_is_not_recorded(ring: KeyRing, act: Act) -> None:
    with transaction.atomic(), pytest.raises(KeyError):
        record(By("account:1", datetime(2017, 12, 1, tzinfo=UTC), ring), act)
    assert not Entry.objects.exists()
