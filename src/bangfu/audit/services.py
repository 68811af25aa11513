"""Writes of the record: an act's entry, the chain's next links, an erasure. Each says in which transaction it runs."""

import secrets
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from bangfu.audit.acts import acts, subjects, words
from bangfu.audit.data import Act, By, kind_of
from bangfu.audit.models import Entry, EntryText, Link, Outcome, Waiting
from bangfu.audit.sealing import GENESIS, SEALED_FIELDS, content_of, link_digest, text_digest
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

# One sealer at a time: PostgreSQL's lock for it ("bangfu" in letters of the alphabet). SQLite's transactions exclude each other.
SEALER_LOCK = 20114_62021
BATCH = 1_000


def record(by: By, act: Act, outcome: Outcome = Outcome.DONE) -> int:
    """Write an act's entry in the act's own transaction and return its id.

    Raises KeyError for an act, a kind of subject or a word of its text that is not listed, RuntimeError outside of a transaction: entry and
    act would not stand or fall together.
    """
    acts()[act.name]
    if act.subject:
        subjects()[kind_of(act.subject)]
    if not connection.in_atomic_block:
        raise RuntimeError("an entry is written in the transaction of its act")
    for word in act.words:
        words()[word]
    body = {**({"reason": by.reason} if by.reason else {}), **act.words}
    salt = secrets.token_hex(16) if body else ""
    row: dict[str, Any] = {
        "at": by.at,
        "act": act.name,
        "outcome": outcome.value,
        "actor": by.actor,
        "subject": act.subject,
        "place": act.place,
        "source": by.source,
        "request": by.request,
        "text_digest": text_digest(salt, body) if body else "",
    }
    entry = Entry.objects.create(**row, witness=by.ring.witnessed(content_of(row)))
    if body:
        EntryText.objects.create(entry=entry, salt=salt, body=body)
    Waiting.objects.create(entry=entry)
    return entry.pk


def number_ahead(model: type[Model]) -> int:
    """The number for a row that is to be made next, whose entry names it: such a row refers to its entry, so that neither could come first.

    Within the transaction that makes both. Nobody else is given it: PostgreSQL gives it out once, SQLite's transactions exclude each other.
    """
    ask = {
        "postgresql": "SELECT nextval(pg_get_serial_sequence(%s, 'id'))",
        "sqlite": "SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = %s",
    }
    with connection.cursor() as cursor:
        cursor.execute(ask[connection.vendor], [model._meta.db_table])
        return int(cursor.fetchone()[0])


def record_denied(by: By, act: Act) -> int:
    """Write a refused attempt in a transaction of its own, after the attempt's was undone. Raises as `record`, and RuntimeError within one."""
    with transaction.atomic(durable=True):
        return record(by, act, Outcome.DENIED)


def record_read(by: By, act: Act) -> int:
    """Write that something was looked at, in a transaction of its own. Raises as `record`."""
    with transaction.atomic():
        return record(by, act)


def seal_waiting(limit: int = BATCH) -> int:
    """Put committed entries that wait, at most `limit`, at the end of the chain. Returns how many.

    One transaction. Entries that commit late are sealed late: the chain has the order in which they were found, and gaps in ids mean nothing.
    """
    with transaction.atomic():
        _alone()
        last = Link.objects.order_by("-number").first()
        number, digest = (last.number, last.digest) if last else (0, GENESIS)
        waiting = list(Waiting.objects.order_by("entry_id").values_list("entry_id", flat=True)[:limit])
        links = []
        for row in Entry.objects.filter(pk__in=waiting).order_by("pk").values("pk", "witness", *SEALED_FIELDS):
            number += 1
            digest = link_digest(digest, number, row["pk"], content_of(row), row["witness"])
            links.append(Link(number=number, entry_id=row["pk"], digest=digest))
        Link.objects.bulk_create(links)
        Waiting.objects.filter(pk__in=waiting).delete()
        return len(links)


def erase_text(by: By, entry: int) -> None:
    """Erase what an entry says in words; its digest stays, and the chain with it. Raises DomainError where there is nothing to erase."""
    with transaction.atomic():
        gone, _ = EntryText.objects.filter(pk=entry).delete()
        if not gone:
            raise DomainError(
                "NOTHING_TO_ERASE",
                Text(f"第 {entry} 条留痕没有可抹去的文字。", f"Entry {entry} has no text that could be erased."),
            )
        # Of the same place: its reason may name somebody, too, and is read by whoever read what is erased.
        place = Entry.objects.values_list("place", flat=True).get(pk=entry)
        record(by, Act("audit.erase_text", f"entry:{entry}", place))


def _alone() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEALER_LOCK])
