"""What is done with what is sealed and leaves a trace: a number shown, all numbers and files sealed with a new key."""

from pathlib import Path
from uuid import UUID

from django.db import connection, transaction

from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.files import store as files
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.privacy.keys import load_ring, save_ring
from bangfu.privacy.models import Kind, SealedNumber
from bangfu.privacy.selectors import keys_in_use
from bangfu.privacy.services import open_number, reseal

# PostgreSQL's lock for whoever changes the key ring.
RING_LOCK = 20114_62024


def reveal(by: By, number: UUID, subject: str, place: int | None) -> str:
    """Open one number and record who saw which of whom and why. The caller asked the policy. Raises DomainError without a reason."""
    if not by.reason.strip():
        raise DomainError(
            "REASON_NEEDED",
            Text("请写明查看号码的原因，原因会留痕。", "Say why you need to see the number; the reason is recorded."),
        )
    with transaction.atomic():
        found = SealedNumber.objects.get(pk=number)
        plain = open_number(by.ring, found)
        record(by, Act("privacy.reveal", subject, place, {"kind": Kind(found.kind).label}))
        return plain


def rotate_keys(by: By, path: Path) -> int:
    """Make a new key in the ring's file and seal every number and file with it; returns how many. Killed anywhere, it is simply run again.

    The old keys stay in the ring: a request that runs meanwhile may still seal with them. `retire_keys` takes them out once nothing needs them.
    """
    with transaction.atomic():
        _alone()
        ring = load_ring(path).rotated()
        record(by, Act("privacy.rotate", words={"key": ring.current}))
        # Before the commit: a key that is recorded and not kept would be worse than one that is kept and not recorded.
        save_ring(ring, path)
    done = 0
    while resealed := reseal(ring):
        done += resealed
    return done + files.reseal(ring)


def retire_keys(by: By, path: Path) -> list[str]:
    """Take out of the ring what seals nothing any more; returns the ids of those keys. To be run a day after a rotation.

    Raises DomainError where an old key is in use again while this runs.
    """
    while reseal(load_ring(path)):
        pass
    files.reseal(load_ring(path))
    with transaction.atomic():
        _alone()
        ring = load_ring(path)
        old = sorted(set(ring.sealing) - {ring.current})
        _refuse_needed(keys_in_use().intersection(old))
        _refuse_needed_by_files({key: file for key, file in files.keys_in_use().items() if key in old})
        record(by, Act("privacy.retire", words={"keys": old}))
        for key in old:
            ring = ring.without(key)
        save_ring(ring, path)
    return old


def _refuse_needed(keys: set[str]) -> None:
    if keys:
        named = sorted(keys)
        raise DomainError(
            "KEYS_NEEDED",
            Text(
                f"密钥 {'、'.join(named)} 还在使用。请重启服务后再试。",
                f"Still needed: {', '.join(named)}. Start the server anew and try again.",
            ),
        )


def _refuse_needed_by_files(keys: dict[str, str]) -> None:
    """Only of files that could not be sealed anew, or were stored since."""
    for key, file in sorted(keys.items()):
        raise DomainError(
            "KEYS_NEEDED_BY_FILES",
            Text(
                f"文件 {file} 还用着密钥 {key}。请重启服务后再试；仍然如此，就是文件已损坏，请从备份换回（bangfu server files check 会逐个指出）。",
                f"File {file} still needs key {key}. Start the server anew and try again; if it stays, the file is damaged: "
                "put back a copy (bangfu server files check names each).",
            ),
        )


def _alone() -> None:
    """One at a time changes the ring: of two that read it at once, the second to write would lose the first one's key.

    SQLite's transactions exclude each other.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RING_LOCK])
