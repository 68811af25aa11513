"""Walk the whole record and say everything that is wrong with it: edits, cuts, reorderings, insertions, a rewrite, a lost tail."""

from collections.abc import Iterable, Iterator
from itertools import chain

from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat

from bangfu.audit.checkpoints import Checkpoint
from bangfu.audit.data import Flaw
from bangfu.audit.models import Entry, EntryText, Link, Waiting
from bangfu.audit.sealing import GENESIS, SEALED_FIELDS, content_of, link_digest, text_digest
from bangfu.kernel.words import Text
from bangfu.privacy.keys import KeyRing


def flaws(marks: Iterable[Checkpoint], ring: KeyRing) -> Iterator[Flaw]:
    """What is wrong with the record, in the order found; nothing where it is whole. Streams: memory does not grow with the record."""
    awaited: dict[int, set[str]] = {}
    for mark in marks:
        awaited.setdefault(mark.number, set()).add(mark.digest)
    return chain(_of_chain(awaited), _of_entries(ring), _of_texts())


def _of_chain(awaited: dict[int, set[str]]) -> Iterator[Flaw]:
    fields = ("number", "digest", "entry_id", "entry__witness", *(f"entry__{name}" for name in SEALED_FIELDS))
    before, last = GENESIS, 0
    for link in Link.objects.order_by("number").values(*fields).iterator(chunk_size=2_000):
        number, entry = link["number"], link["entry_id"]
        if number != last + 1:
            yield _flaw("GAP", f"链中缺第 {last + 1} 环", f"link {last + 1} of the chain is missing", number=last + 1)
        content = content_of({name: link[f"entry__{name}"] for name in SEALED_FIELDS})
        digest = link_digest(before, number, entry, content, link["entry__witness"])
        if digest != link["digest"]:
            yield _flaw("ALTERED", f"第 {number} 环与内容不符", f"link {number} does not fit its entry", entry, number)
        # Every mark counts: one that was left after a rewrite takes nothing back of what an earlier one saw.
        if awaited.pop(number, {digest}) != {link["digest"]}:
            yield _flaw(
                "REWRITTEN", f"第 {number} 环与检查点不符", f"link {number} is not what a checkpoint saw", entry, number
            )
        before, last = link["digest"], number
    for number in sorted(awaited):
        yield _flaw(
            "TAIL_LOST",
            f"检查点见过第 {number} 环，现已不在",
            f"a checkpoint saw link {number}, which is gone",
            number=number,
        )


def _of_entries(ring: KeyRing) -> Iterator[Flaw]:
    # Asked in the same statement, as below: others go on recording, sealing and erasing meanwhile.
    waits = Exists(Waiting.objects.filter(entry=OuterRef("pk")))
    rows = Entry.objects.order_by("pk").values("pk", "witness", "link__number", *SEALED_FIELDS, waits=waits)
    for row in rows.iterator(chunk_size=2_000):
        if ring.witnessed(content_of(row)) != row["witness"]:
            yield _flaw(
                "NOT_OURS",
                f"第 {row['pk']} 条不是本系统写的，或被改过",
                f"entry {row['pk']} was altered, or not written by us",
                row["pk"],
            )
        if row["link__number"] is None and not row["waits"]:
            yield _flaw("UNSEALED", f"第 {row['pk']} 条不在链中", f"entry {row['pk']} is not in the chain", row["pk"])


def _of_texts() -> Iterator[Flaw]:
    named = Concat(Value("entry:"), Cast(OuterRef("pk"), CharField()))
    erased = Exists(Entry.objects.filter(act="audit.erase_text", outcome="done", subject=named))
    mute = Entry.objects.exclude(text_digest="").filter(~erased, text__isnull=True)
    for entry in mute.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=2_000):
        yield _flaw("TEXT_LOST", f"第 {entry} 条的文字不见了", f"the text of entry {entry} is gone", entry)
    texts = EntryText.objects.order_by("pk").values_list("pk", "salt", "body", "entry__text_digest")
    for entry, salt, body, digest in texts.iterator(chunk_size=2_000):
        if not digest:
            yield _flaw("TEXT_ADDED", f"第 {entry} 条被添上了文字", f"text was added to entry {entry}", entry)
        elif text_digest(salt, body) != digest:
            yield _flaw("TEXT_ALTERED", f"第 {entry} 条的文字被改过", f"the text of entry {entry} was altered", entry)


def _flaw(code: str, zh: str, en: str, entry: int | None = None, number: int | None = None) -> Flaw:
    return Flaw(code, Text(zh, en), entry, number)
