"""The whole of an installation in one sealed file, and back: every row of every table, the files they name, the checkpoints of the record.

The file names no database: what was backed up from SQLite can be restored into PostgreSQL and the other way round. It is the state of one
moment, taken while others go on working. The key ring is not in it, since a file that held its own key would be open to whoever has it.

Inside the seal: gzipped lines of JSON. A head (what made it, which migrations, which tables with which columns); for each table a line with
its name, then a line a row, in the order of its key; for each file a line with its name (for one of the store: its digest), then its bytes as
base64; an end that counts all.
"""

import base64
import gzip
import hashlib
import io
import json
import os
import secrets
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any, cast
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from bangfu import __version__
from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.config.squashed import in_todays_names
from bangfu.files.fields import named
from bangfu.files.store import open_file, writing
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.privacy.keys import KeyRing
from bangfu.privacy.streams import SealedReader, SealedWriter
from bangfu.registry.bulk import one_moment
from bangfu.web.migrations_due import migrations_due

# 2: with the files of the store.
FORMAT = 2
READABLE = (1, FORMAT)
CHECKPOINTS = "checkpoints"
STORE = "store"
BATCH = 2_000
_PIECE = 3 << 16  # bytes of a file in one line
_LONGEST_LINE = 64 << 20
# Between the least work and the least space; numbers of IDs are sealed and do not compress at any level.
_LEVEL = 3
Progress = Callable[[Text], None]
Rows = dict[str, int]


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds: its moment (UTC), the program's version, rows by table, bytes of files: the checkpoints and, together, the store.

    `left_out`: the stored files that rows name and that could not be read when it was made.
    """

    at: datetime
    made_by: str
    rows: Rows
    files: Mapping[str, int]
    left_out: tuple[str, ...] = ()


def back_up(by: By, path: Path, progress: Progress) -> Contents:
    """Write the installation as of now to a new file. Raises DomainError where there is one, or migrations are due.

    The file has its name only once it is whole and on disk. The act stands in the record before, and so in the backup.
    Of two that are made for one name at once each has a file of its own, and whoever is done first gets the name.
    """
    if path.exists():
        raise _there_already(path)
    _require_migrated()
    with transaction.atomic():
        record(by, Act("server.back_up", f"file:{path.name}"))
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with (
                SealedWriter(file, by.ring) as sealed,
                gzip.GzipFile(fileobj=cast("IO[bytes]", sealed), mode="wb", compresslevel=_LEVEL, mtime=0) as packed,
                io.TextIOWrapper(cast("IO[bytes]", packed), encoding="utf-8", newline="\n") as lines,
                one_moment(),
            ):
                contents = _write(lines, by, progress)
            file.flush()
            os.fsync(file.fileno())
        _into_place(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return contents


def look_at(by: By, path: Path) -> Contents:
    """Read a backup to its end, and see that it is whole. Raises DomainError where it is not, or cannot be opened with the ring."""
    with _lines(by, path) as lines:
        head = _head(lines)
        return _walk(head, lines, dict.fromkeys(head["tables"], _count_rows), _count_bytes)


def restore(by: By, path: Path, progress: Progress) -> Contents:
    """Fill an empty database, and the checkpoints where there are none, from a backup; the act is recorded in what was restored.

    Raises DomainError where the backup is not whole, was made by a later version, or the database has tables; then nothing was changed.
    A backup of an earlier version is brought up to this one. What fails later leaves tables without rows, or none.
    """
    contents = look_at(by, path)
    if connection.introspection.table_names():
        raise _not_empty()
    with _lines(by, path) as lines:
        head = _head(lines)
        historical = _migrate_to(head["migrations"])
        with transaction.atomic():
            loaders = {name: _loader(historical.get_model(name), columns) for name, columns in head["tables"].items()}
            _walk(head, lines, loaders, _writer(by.ring), progress)
            with connection.cursor() as cursor:
                every = [historical.get_model(name) for name in head["tables"]]
                for statement in connection.ops.sequence_reset_sql(no_style(), every):
                    cursor.execute(statement)
            # Deferred keys fail here, where nothing is committed yet.
            connection.check_constraints()
    call_command("migrate", verbosity=0, interactive=False)
    with transaction.atomic():
        record(by, Act("server.restore", f"file:{path.name}"))
    return contents


# ---- out


def _into_place(partial: Path, path: Path) -> None:
    """Raises DomainError where something has come to stand there since: a link, unlike a renaming, replaces nothing."""
    try:
        path.hardlink_to(partial)
    except FileExistsError as problem:
        raise _there_already(path) from problem
    except OSError as problem:  # some disks and shares know no links
        if path.exists():
            raise _there_already(path) from problem
        partial.rename(path)


def _write(lines: IO[str], by: By, progress: Progress) -> Contents:
    every = {model._meta.label: model for model in apps.get_models(include_auto_created=True)}
    tables = {name: [field.attname for field in _fields(model)] for name, model in every.items()}
    _line(
        lines,
        {
            "format": FORMAT,
            "at": by.at.astimezone(UTC).isoformat(),
            "bangfu": __version__,
            "migrations": sorted(in_todays_names(MigrationRecorder(connection).applied_migrations())),
            "tables": tables,
        },
    )
    counts: Rows = {}
    for name, model in every.items():
        progress(Text(f"正在备份：{name}", f"backing up {name}"))
        _line(lines, {"table": name})
        counts[name] = 0
        for row in model._base_manager.order_by("pk").values_list(*tables[name]).iterator(chunk_size=BATCH):
            _line(lines, row)
            counts[name] += 1
    sizes: dict[str, int] = {}
    if settings.CHECKPOINTS_FILE.exists():
        with settings.CHECKPOINTS_FILE.open("rb") as file:
            sizes[CHECKPOINTS] = _write_file(lines, {"file": CHECKPOINTS}, file)
    progress(Text("正在备份：文件", "backing up files"))
    left_out = []
    for sha256 in sorted(named()):
        try:
            with open_file(by.ring, sha256) as file:
                sizes[STORE] = sizes.get(STORE, 0) + _write_file(lines, {"file": STORE, "sha256": sha256}, file)
        except DomainError:  # one that is lost is no reason to have no backup of all others
            left_out.append(sha256)
    _line(lines, {"end": {"rows": counts, "files": sizes, "left_out": left_out}})
    return Contents(by.at, __version__, counts, sizes, tuple(left_out))


def _write_file(lines: IO[str], heading: Mapping[str, str], file: IO[bytes]) -> int:
    _line(lines, heading)
    size = 0
    while piece := file.read(_PIECE):
        _line(lines, base64.b64encode(piece).decode())
        size += len(piece)
    return size


def _fields(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    return [field for field in model._meta.concrete_fields if not field.generated]


def _line(lines: IO[str], said: object) -> None:
    lines.write(json.dumps(said, ensure_ascii=False, separators=(",", ":"), default=_plain) + "\n")


def _plain(value: object) -> str:
    if isinstance(value, date):  # a moment, too
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value))


# ---- in


@contextmanager
def _lines(by: By, path: Path) -> Iterator[Iterator[Any]]:
    """The lines of a backup."""
    if not path.is_file():
        raise DomainError("NO_SUCH_BACKUP", Text(f"找不到备份文件：{path}", f"There is no backup at {path}."))
    with (
        path.open("rb") as file,
        SealedReader(file, by.ring) as sealed,
        gzip.GzipFile(fileobj=cast("IO[bytes]", io.BufferedReader(sealed)), mode="rb") as packed,
    ):
        yield map(json.loads, iter(lambda: packed.readline(_LONGEST_LINE), b""))


def _head(lines: Iterator[Any]) -> Mapping[str, Any]:
    head: Mapping[str, Any] = next(lines, {})
    if head.get("format") not in READABLE:
        raise _of_a_later_version(str(head.get("bangfu", "?")))
    return head


# What takes the rows of a table, or the pieces of a file, until the next heading; it returns how many there were.
Taker = Generator[None, Any, int]


def _walk(
    head: Mapping[str, Any],
    lines: Iterator[Any],
    tables: Mapping[str, Callable[[], Taker]],
    take_file: Callable[[Mapping[str, str]], Taker],
    progress: Progress = lambda _: None,
) -> Contents:
    """Give every row and every piece to who takes it, and see that the end counts the same. Raises DomainError where it does not."""
    rows: Rows = {}
    files: dict[str, int] = {}
    taker: Taker | None = None
    counted, name = rows, ""
    for said in lines:
        if not isinstance(said, dict):
            assert taker is not None
            taker.send(said)
            continue
        if taker is not None:
            counted[name] = counted.get(name, 0) + _finish(taker)
        if "end" in said:
            left_out = tuple(said["end"].pop("left_out", ()))
            if said["end"] != {"rows": rows, "files": files} or rows.keys() != head["tables"].keys():
                break
            return Contents(datetime.fromisoformat(head["at"]), head["bangfu"], rows, files, left_out)
        counted, name = (rows, said["table"]) if "table" in said else (files, said["file"])
        progress(Text(f"正在恢复：{name}", f"restoring {name}"))
        taker = tables[name]() if counted is rows else take_file(said)
        next(taker)
    raise _inconsistent()


def _finish(taker: Taker) -> int:
    try:
        taker.send(None)
    except StopIteration as done:
        return int(done.value)
    raise AssertionError("a taker ends when nothing more comes")


def _count_rows() -> Taker:
    n = 0
    while (yield) is not None:
        n += 1
    return n


def _count_bytes(heading: Mapping[str, str]) -> Taker:
    n, digest = 0, hashlib.sha256()
    while (piece := (yield)) is not None:
        plain = base64.b64decode(piece, validate=True)
        digest.update(plain)
        n += len(plain)
    _require_digest(heading, digest.hexdigest())
    return n


def _loader(model: type[models.Model], columns: Iterable[str]) -> Callable[[], Taker]:
    by_column = {field.attname: field for field in model._meta.concrete_fields}
    fields = [by_column[column] for column in columns]
    # A key that refers elsewhere is read as what it refers to.
    readers = [(field.target_field if isinstance(field, models.ForeignKey) else field).to_python for field in fields]

    def load() -> Taker:
        n, held = 0, []
        while (row := (yield)) is not None:
            values = (read(value) for read, value in zip(readers, row, strict=True))
            held.append(model(**dict(zip(columns, values, strict=True))))
            n += 1
            if len(held) == BATCH:
                model._base_manager.bulk_create(held)
                held.clear()
        model._base_manager.bulk_create(held)
        return n

    return load


def _writer(ring: KeyRing) -> Callable[[Mapping[str, str]], Taker]:
    """Files of the store are sealed with the ring's current key; those that are there already stay."""

    def write(heading: Mapping[str, str]) -> Taker:
        if heading["file"] == CHECKPOINTS:
            return (yield from _write_checkpoints())
        with writing(ring) as new:
            while (piece := (yield)) is not None:
                new.write(base64.b64decode(piece, validate=True))
            _require_digest(heading, new.digest())
        return new.size

    return write


def _require_digest(heading: Mapping[str, str], digest: str) -> None:
    if heading.get("sha256", digest) != digest:
        raise _inconsistent()


def _write_checkpoints() -> Taker:
    """Marks that are there already stay: they may know of more than the backup, and then they should be heard."""
    path: Path = settings.CHECKPOINTS_FILE
    kept = path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    n = 0
    with Path(os.devnull).open("wb") if kept else path.open("xb") as file:
        while (piece := (yield)) is not None:
            n += file.write(base64.b64decode(piece, validate=True))
        if not kept:
            file.flush()
            os.fsync(file.fileno())
    return n


def _migrate_to(applied: Iterable[Iterable[str]]) -> Any:
    """Make the tables as they were, and return their models of that time."""
    executor = MigrationExecutor(connection)
    asked = in_todays_names((app, name) for app, name in applied)
    wanted = sorted(asked)
    known = executor.loader.graph.nodes
    if unknown := [f"{app}.{name}" for app, name in wanted if (app, name) not in known]:
        raise _of_a_later_version(", ".join(unknown))
    nodes = executor.loader.graph.node_map
    # Of each room the last only: Django takes an earlier one that another room has brought along for a way back.
    last = [
        each
        for each in wanted
        if not any(child.key in asked and child.key[0] == each[0] for child in nodes[each].children)
    ]
    executor.migrate(last)
    return executor.loader.project_state(wanted).apps


def _require_migrated() -> None:
    if migrations_due():
        raise DomainError(
            "MIGRATIONS_DUE",
            Text(
                "数据库还不是本版本的。请先运行 bangfu server setup，再备份。",
                "The database is not of this version yet. Run bangfu server setup first.",
            ),
        )


def _inconsistent() -> DomainError:
    return DomainError(
        "BACKUP_INCONSISTENT",
        Text(
            "备份内容与它自己的计数或摘要不符，没有采用。",
            "The backup does not hold what it says it holds; nothing of it was used.",
        ),
    )


def _there_already(path: Path) -> DomainError:
    return DomainError(
        "BACKUP_EXISTS",
        Text(f"{path} 已存在，备份不覆盖任何文件。请换一个文件名。", f"{path} is there already. Choose another name."),
    )


def _not_empty() -> DomainError:
    return DomainError(
        "DATABASE_NOT_EMPTY",
        Text(
            "数据库里已有内容，备份只恢复到空的数据库，什么也没有改动。请把 DATABASE_URL 或 BANGFU_DATA 指向空的地方，放好密钥环就恢复；bangfu server setup 之后再运行，运行过的就不是空的了。",
            "The database is in use. A backup is restored only into an empty one, and nothing was changed. "
            "Let DATABASE_URL or BANGFU_DATA lead to an empty place, put the key ring there, and restore. "
            "bangfu server setup comes after that: where it was run the place is empty no more.",
        ),
    )


def _of_a_later_version(what: str) -> DomainError:
    return DomainError(
        "BACKUP_OF_LATER_VERSION",
        Text(
            f"这份备份是更新的版本做的（{what}）。请先升级程序再恢复。",
            f"This backup was made by a later version ({what}). Update the program first.",
        ),
    )
