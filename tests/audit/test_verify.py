"""Whoever has all rights over the database, and the triggers out of the way, still cannot alter the record unseen."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F

from bangfu.audit.checkpoints import add_checkpoint, checkpoints
from bangfu.audit.data import Act, By, Flaw
from bangfu.audit.models import Entry, EntryText, Link, Waiting
from bangfu.audit.sealing import GENESIS, SEALED_FIELDS, content_of, link_digest
from bangfu.audit.services import erase_text, record, seal_waiting
from bangfu.audit.verify import flaws
from bangfu.kernel.errors import DomainError
from bangfu.privacy.keys import KeyRing
from tests.audit.conftest import lift_protection

NOW = datetime(2017, 5, 4, 9, 30, tzinfo=UTC)
ENTRIES = 40
Rng = random.Random
Tampering = Callable[[Rng, KeyRing], object]
pytestmark = pytest.mark.usefixtures("committed")


def mark(path: Path, ring: KeyRing) -> None:
    last = Link.objects.latest("number")
    add_checkpoint(path, last.number, last.digest, at=NOW, ring=ring)


@pytest.fixture
def marks(tmp_path: Path, ring: KeyRing) -> Path:
    """The checkpoints of a record of forty entries, made at the middle and at the end; the triggers are lifted."""
    path = tmp_path / "outside" / "checkpoints.jsonl"
    for n in range(ENTRIES):
        by = By(f"account:{n % 3}", NOW + timedelta(seconds=n), ring, f"第 {n} 次" if n % 2 else "")
        with transaction.atomic():
            record(by, Act("audit.read", f"account:{n}", n % 5))
        if n == ENTRIES // 2:
            seal_waiting()
            mark(path, ring)
    seal_waiting()
    mark(path, ring)
    lift_protection()
    return path


def found(path: Path, ring: KeyRing) -> list[Flaw]:
    return list(flaws(checkpoints(path, ring), ring))


def rechained() -> None:
    """What a forger does who knows how the chain is made: every link anew."""
    before = GENESIS
    entries = {row["pk"]: row for row in Entry.objects.values("pk", "witness", *SEALED_FIELDS)}
    for number, link in enumerate(Link.objects.order_by("number"), start=1):
        row = entries[link.entry_id]
        before = link_digest(before, number, link.entry_id, content_of(row), row["witness"])
        Link.objects.filter(pk=link.pk).update(number=number, digest=before)


def removed(entries: list[int]) -> None:
    for model in (EntryText, Waiting, Link):
        model.objects.filter(entry_id__in=entries).delete()
    Entry.objects.filter(pk__in=entries).delete()


def edit(rng: Rng, ring: KeyRing) -> None:
    entry = rng.choice(list(Entry.objects.all()))
    change: dict[str, object] = {
        "at": entry.at + timedelta(seconds=1),
        "act": "places.add",
        "outcome": "denied",
        "actor": "account:9",
        "subject": "account:99",
        "place": None if entry.place is not None else 1,
        "source": "127.0.0.2",
        "request": "r",
        "text_digest": "0" * 64,
        "witness": "0" * 64,
    }
    name = rng.choice(sorted(change))
    Entry.objects.filter(pk=entry.pk).update(**{name: change[name]})


def edit_text(rng: Rng, ring: KeyRing) -> None:
    text = rng.choice(list(EntryText.objects.all()))
    EntryText.objects.filter(pk=text.pk).update(body={"reason": "别的"})


def delete_middle(rng: Rng, ring: KeyRing) -> None:
    removed([rng.choice(list(Link.objects.order_by("number").values_list("entry_id", flat=True))[1:-1])])
    if rng.random() < 0.5:
        rechained()


def delete_tail(rng: Rng, ring: KeyRing) -> None:
    removed(list(Link.objects.order_by("-number").values_list("entry_id", flat=True)[: rng.randint(1, ENTRIES - 1)]))


def reorder(rng: Rng, ring: KeyRing) -> None:
    one, other = rng.sample(list(Link.objects.all()), 2)
    Link.objects.filter(pk=one.pk).delete()
    Link.objects.filter(pk=other.pk).update(entry_id=one.entry_id)
    Link.objects.create(number=one.number, entry_id=other.entry_id, digest=one.digest)
    if rng.random() < 0.5:
        rechained()


def insert(rng: Rng, ring: KeyRing) -> None:
    """An entry as the program would write it, but for the key; at the end of the chain, waiting for it, or in no place."""
    like = rng.choice(list(Entry.objects.values("witness", *SEALED_FIELDS)))
    entry = Entry.objects.create(**{**like, "actor": "account:2", "subject": "account:1", "text_digest": ""})
    match rng.randrange(3):
        case 0:
            last = Link.objects.latest("number")
            row = Entry.objects.values("witness", *SEALED_FIELDS).get(pk=entry.pk)
            digest = link_digest(last.digest, last.number + 1, entry.pk, content_of(row), row["witness"])
            Link.objects.create(number=last.number + 1, entry=entry, digest=digest)
        case 1:
            Waiting.objects.create(entry=entry)
            seal_waiting()


def rewrite(rng: Rng, ring: KeyRing) -> None:
    """Everything anew, even with the key that witnesses: only what lies outside tells."""
    Link.objects.update(number=F("number") + 0)
    for row in Entry.objects.values("pk", *SEALED_FIELDS):
        row["actor"] = f"account:{rng.randrange(3)}"
        Entry.objects.filter(pk=row["pk"]).update(actor=row["actor"], witness=ring.witnessed(content_of(row)))
    rechained()


KINDS: tuple[Tampering, ...] = (edit, delete_middle, delete_tail, reorder, insert, rewrite)


def missed(path: Path, ring: KeyRing, seeds: Iterator[int] | range) -> list[str]:
    """The attempts that nobody would notice, by kind and seed."""
    unseen = []
    for kind in KINDS:
        for seed in seeds:
            with transaction.atomic():
                kind(Rng(seed), ring)
                if not found(path, ring):
                    unseen.append(f"{kind.__name__} {seed}")
                transaction.set_rollback(True)
    return unseen


def test_a_record_that_nobody_touched_is_whole(marks: Path, ring: KeyRing) -> None:
    assert found(marks, ring) == []


def test_sixty_of_sixty_tamperings_are_found(marks: Path, ring: KeyRing) -> None:
    assert missed(marks, ring, range(10)) == []


@pytest.mark.long
def test_six_hundred_of_six_hundred_tamperings_are_found(marks: Path, ring: KeyRing) -> None:
    assert missed(marks, ring, range(1_000, 1_100)) == []


def test_without_checkpoints_who_makes_the_chain_anew_would_not_be_found(
    marks: Path, tmp_path: Path, ring: KeyRing
) -> None:
    unseen = missed(tmp_path / "none.jsonl", ring, range(5))
    assert {name.split()[0] for name in unseen} == {"delete_middle", "delete_tail", "reorder", "rewrite"}
    assert [
        f"{kind} {seed}" for kind in ("delete_tail", "rewrite") for seed in range(5) if f"{kind} {seed}" not in unseen
    ] == []


@pytest.mark.parametrize("seed", range(5))
def test_a_text_that_is_altered_or_taken_away_is_found(marks: Path, ring: KeyRing, seed: int) -> None:
    edit_text(Rng(seed), ring)
    assert [flaw.code for flaw in found(marks, ring)] == ["TEXT_ALTERED"]
    EntryText.objects.filter(pk__in=[EntryText.objects.latest("pk").pk]).delete()
    assert "TEXT_LOST" in {flaw.code for flaw in found(marks, ring)}


def test_an_erased_text_leaves_the_record_whole(marks: Path, ring: KeyRing) -> None:
    erase_text(By("account:1", NOW, ring, "到期"), EntryText.objects.earliest("pk").pk)
    seal_waiting()
    mark(marks, ring)
    assert found(marks, ring) == []


def test_what_is_recorded_and_erased_meanwhile_is_no_flaw(
    marks: Path, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(method: str, act: Callable[[], object]) -> None:
        """As soon as entries are asked for in this way, once."""
        asked, left = getattr(Entry.objects, method), [act]

        def first(*given: Any, **named: Any) -> Any:
            while left:
                left.pop()()
            return asked(*given, **named)

        monkeypatch.setattr(Entry.objects, method, first)

    def write() -> None:
        with transaction.atomic():
            record(By("account:1", NOW, ring), Act("audit.read"))

    text = EntryText.objects.earliest("pk").pk
    meanwhile("order_by", write)
    meanwhile("exclude", lambda: erase_text(By("account:1", NOW, ring, "到期"), text))
    assert found(marks, ring) == []
    assert not EntryText.objects.filter(pk=text).exists()


def test_a_text_that_was_added_is_found(marks: Path, ring: KeyRing) -> None:
    bare = Entry.objects.filter(text_digest="").earliest("pk")
    EntryText.objects.create(entry=bare, salt="", body={})
    assert [flaw.code for flaw in found(marks, ring)] == ["TEXT_ADDED"]


def test_a_forged_checkpoint_is_refused(marks: Path, ring: KeyRing) -> None:
    last = Link.objects.latest("number")
    add_checkpoint(marks, last.number, "f" * 64, at=NOW, ring=KeyRing.made())
    with pytest.raises(DomainError, match="CHECKPOINT_FORGED"):
        found(marks, ring)


def test_a_checkpoint_cut_by_a_crash_counts_for_nothing(marks: Path, ring: KeyRing) -> None:
    with marks.open("a", encoding="utf-8") as file:
        file.write('{"at": "2017-')
    assert found(marks, ring) == []
