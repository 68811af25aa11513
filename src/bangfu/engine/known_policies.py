"""Whether the rules at hand have every policy that the receipts of what was prepared earlier name.

The reader of a raw register refuses a receipt of any other. But a snapshot was read under the rules of its own day, and the registry keeps
what was recorded under them: without this look the money would stand in no result, and nobody would hear of it.
"""

from collections.abc import Iterable

import duckdb

from bangfu.engine.snapshot import Snapshot
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.rulebook.book import Book


def refuse_unknown_in_snapshot(snapshot: Snapshot, book: Book) -> None:
    """Raises DomainError for a policy that the book lacks, wherever in the snapshot: a raw register is refused for any receipt, too."""
    _refuse_unknown(snapshot.policies, book, Text(f"快照“{snapshot.path}”", f"the snapshot {snapshot.path}"))


def refuse_unknown_in_registry(con: duckdb.DuckDBPyConnection, book: Book) -> None:
    """The same of the registry's receipts, which stand in the prepared tables of `con`. Raises DomainError."""
    named = con.execute("SELECT DISTINCT policy_id FROM receipt").fetchall()
    _refuse_unknown((policy for (policy,) in named), book, Text("在册资料", "the register"))


def _refuse_unknown(named: Iterable[str], book: Book, where: Text) -> None:
    unknown = sorted(set(named) - book.policies.keys())
    if not unknown:
        return
    raise DomainError(
        "UNKNOWN_POLICIES",
        Text(
            f"{where.zh}里有这些政策的领取记录，而所用的规则里没有这些政策：{'、'.join(unknown)}。领到的钱无从核对，所以没有评估。"
            "请用 --rules 给出有这些政策的规则文件夹（制作快照或登记时所用的）。",
            f"Receipts in {where.en} name policies that the rules in use lack: {', '.join(unknown)}. "
            "What was received could not be compared, so nothing was judged. "
            "Give the folder of rules that has them with --rules (that with which they were read or recorded).",
        ),
    )
