"""Files of the demo as others send them, made from its register: a bank's lists, a national export, villages' quarterly changes.

They stay where they were made: what was brought in can be looked at beside what became of it, and the rest be tried in the browser.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from bangfu.access.data import Actor
from bangfu.access.models import Account
from bangfu.access.policy import actor_of
from bangfu.audit.data import By
from bangfu.engine.duck import open_engine
from bangfu.engine.register import read_register
from bangfu.engine.request import book_of
from bangfu.engine.synth import write_bank_list
from bangfu.intake.data import NewUpload
from bangfu.intake.services import take_in
from bangfu.kernel.words import Text
from bangfu.registry.imports import Order, staged, workbench
from bangfu.registry.layouts import layout
from bangfu.registry.layouts.write import write_layout
from bangfu.registry.payments import ListOrder, Settled
from bangfu.registry.payments.apply import book_list
from bangfu.registry.payments.plan import planned
from bangfu.registry.services.stated import load_statement
from bangfu.registry.versions import WRITES

_BOM = "utf-8-sig"
Row = dict[str, str]


def bring_in(by: By, officer: Actor, register: Path, into: Path, said: Mapping[str, Any]) -> None:
    """Write the files of the demo's register into a folder, and bring in those that are not left to be tried."""
    into.mkdir(parents=True, exist_ok=True)
    for each in said["bank_lists"]:
        listed = into / each["name"]
        year, month = each["month"]
        write_bank_list(register, listed, policies=book_of(()).policy_codes(), year=year, month=month)
        if each["booked"]:
            _book(replace(by, reason=each["from"]), officer, listed, each["aside"])
    _compare(by, officer, _exported(register, into / said["export"]["name"], said["export"]), said["export"])
    for each in said["uploads"]:
        _hand_in(replace(by, reason=each["from"]), _sent(register, into / each["name"], each), each)


def _book(by: By, officer: Actor, listed: Path, aside: str) -> None:
    """Book a list; lines of which it is not clear whose they are, are set aside."""
    order = ListOrder(listed, listed.name, _digest(listed))
    unclear = {line.said.row: Settled(None, aside) for line in planned(by, officer, order).of("open")}
    book_list(by, officer, replace(order, settled=unclear), agreed=None)


def _exported(register: Path, out: Path, said: Mapping[str, Any]) -> Path:
    """The register as the national system has it, which differs from ours here and there."""
    con = open_engine()
    try:
        read_register(register, into=con, policies=book_of(()).policy_codes())
        write_layout(con, layout(), said["as_of"].year, out)
    finally:
        con.close()
    for name, change in said["differ"].items():
        _rewrite(out / f"{name}.csv", _every(change["every"], change["cells"]))
    return out


def _every(n: int, cells: Mapping[str, str]) -> Callable[[list[Row]], Iterable[Row]]:
    return lambda rows: [{**row, **cells} if at % n == 0 else row for at, row in enumerate(rows)]


def _compare(by: By, officer: Actor, export: Path, said: Mapping[str, Any]) -> None:
    with workbench() as con:
        order = Order(export, said["as_of"], said["name"], _digest(*sorted(export.iterdir())))
        load_statement(by, officer, order, con, _quietly)


def _sent(register: Path, out: Path, said: Mapping[str, Any]) -> Path:
    """A village's households of the register with some cells changed, as an archive."""
    homes = {row["户编号"] for row in _rows(register / "户.csv") if row["村代码"] == said["village"]}
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for path in sorted(register.glob("*.csv")):
            every, cells = _rows(path), said["cells"].get(path.stem)
            # Of a table in which nothing changes, the header alone: what a file does not say, it does not change.
            rows = [] if cells is None else [row for row in every if row["户编号"] in homes]
            for at, changed in (cells or {}).items():
                rows[at].update(changed)
            # With a day of its own, so that the same rows are the same bytes.
            archive.writestr(ZipInfo(path.name), _written(list(every[0]), rows))
    return out


def _hand_in(by: By, sent: Path, said: Mapping[str, Any]) -> None:
    account = Account.objects.unscoped(WRITES).get(login=said["account"]).pk
    new = NewUpload(staged.KIND, sent.name, said["as_of"])
    upload, _ = take_in(by, actor_of(account, by.at), new, io.BytesIO(sent.read_bytes()))
    staged.read(by, account, upload)


def _rewrite(path: Path, changed: Callable[[list[Row]], Iterable[Row]]) -> None:
    rows = _rows(path)
    path.write_bytes(_written(list(rows[0]), changed(rows)))


def _rows(path: Path) -> list[Row]:
    with path.open(encoding=_BOM, newline="") as handle:
        return list(csv.DictReader(handle))


def _written(header: Sequence[str], rows: Iterable[Row]) -> bytes:
    kept = io.StringIO(newline="")
    writer = csv.DictWriter(kept, header)
    writer.writeheader()
    writer.writerows(rows)
    return kept.getvalue().encode(_BOM)


def _digest(*files: Path) -> str:
    found = hashlib.sha256()
    for file in files:
        found.update(file.read_bytes())
    return found.hexdigest()


def _quietly(_: Text) -> None:
    """Nobody waits for it."""
