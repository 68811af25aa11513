"""What an installation is made of: its folder, its keys, its database, its files. Made once; made again, nothing is lost."""

import os
import secrets
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from bangfu.audit.data import By
from bangfu.audit.models import Entry
from bangfu.config import env
from bangfu.config.squashed import in_todays_names
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.services import load_divisions
from bangfu.privacy.keys import KeyRing, load_ring, save_ring

# The national register of poor households began that year; what it says of a place says it from then on.
REGISTER_BEGAN = date(2014, 1, 1)
_SECRET_BYTES = 64


def set_up(at: datetime, say: Callable[[Text], None]) -> None:
    """Make what is not there yet, and say what was made. Raises DomainError where the database is of no version that can be gone on from."""
    folder = make_folder()
    in_todays_names(MigrationRecorder(connection).applied_migrations())
    say(Text(f"数据文件夹：{folder}", f"Data folder: {folder}"))
    ring_file, secret_file = env.key_ring_file(), env.secret_key_file()
    if make_ring(ring_file):
        say(
            Text(
                f"已生成密钥环：{ring_file}。请另行备份，与数据库分开：丢了它，加密内容再也读不出来。",
                f"Made the key ring: {ring_file}. Back it up apart from the database: what it sealed is lost without it.",
            )
        )
    if make_secret_key(secret_file):
        say(Text(f"已生成签名密钥：{secret_file}", f"Made the signing key: {secret_file}"))
    call_command("migrate", verbosity=0, interactive=False)
    say(Text("数据库已是最新。", "The database is up to date."))
    made = load_divisions(By("system:setup", at, load_ring(ring_file)), REGISTER_BEGAN)
    say(Text(f"新载入区划 {made} 个。", f"Divisions loaded: {made}."))
    call_command("collectstatic", verbosity=0, interactive=False)
    say(Text("网页文件已备好。启动：bangfu serve", "The pages' files are in place. To start: bangfu serve"))


def make_folder() -> Path:
    """Make the data folder if there is none, and return it. Only its owner looks into it."""
    folder = env.data_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def make_ring(path: Path) -> bool:
    """Make the key ring if there is none. Returns whether it was made. Raises DomainError where the database knows another.

    Also for `bangfu server keys create`: a second ring beside a database would witness nothing of what is in it.
    """
    if path.exists():
        return False
    make_folder()
    if _has_record():
        raise DomainError(
            "RING_LOST",
            Text(
                f"数据库里已有用另一密钥环加密和见证的内容，而 {path} 不在。请从密钥环自己的备份恢复，不要新建。",
                f"The database holds what another key ring sealed and witnessed, and there is none at {path}. "
                "Restore the ring from its own backup; do not make a new one.",
            ),
        )
    save_ring(KeyRing.made(), path)
    return True


def make_secret_key(path: Path) -> bool:
    """Make the key that signs cookies and forms if there is none; only its owner can read it. Returns whether it was made."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(path.name + ".new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(_SECRET_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    return True


def _has_record() -> bool:
    """Whoever sets up leaves an entry, so a database in use has one."""
    return Entry._meta.db_table in connection.introspection.table_names() and Entry.objects.exists()
