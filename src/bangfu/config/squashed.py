"""Several migrations that have become one: a database, or a backup, has all of them or none.

One that has only some was made by a version between; that version's successors made the rest, and this one cannot.
"""

from collections.abc import Iterable

from django.db.migrations.loader import MigrationLoader

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

# Room and name.
Key = tuple[str, str]


def in_todays_names(applied: Iterable[Key]) -> set[Key]:
    """What was applied; of several that have become one, that one. Raises DomainError where of those only some were."""
    there = set(applied)
    for key, migration in MigrationLoader(None).replacements.items():
        several = set(migration.replaces)
        if several <= there:
            there.add(key)
        elif several & there:
            raise _between(max(several & there), max(several))
        there -= several
    return there


def _between(has: Key, last: Key) -> DomainError:
    return DomainError(
        "BETWEEN_VERSIONS",
        Text(
            f"数据来自两个版本之间的程序：做到了 {'.'.join(has)}，没有做到 {'.'.join(last)}，本版本无法接着做，什么也没有改。"
            f"请先用仍含 {'.'.join(last)} 的程序运行 bangfu server setup，再用本版本。",
            f"This was made between two versions: it has {'.'.join(has)} and not {'.'.join(last)}, and this version cannot go on from there. "
            f"Nothing was changed. Run bangfu server setup of a version that still has {'.'.join(last)}, then this one.",
        ),
    )
