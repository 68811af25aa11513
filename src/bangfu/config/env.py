"""The environment, read here and nowhere else; what is wrong with it is said by the variable's name."""

import os
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import dj_database_url

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def serve_over(*, https: bool, behind_proxy: bool) -> None:
    """Let this process, and those it starts, know how `bangfu serve` was told to serve. Before the settings are read."""
    os.environ["BANGFU_PLAIN_HTTP"] = str(int(not https))
    os.environ["BANGFU_BEHIND_PROXY"] = str(int(behind_proxy))


def is_loopback(host: str) -> bool:
    """Whether a name or an address leads to this machine only."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


# ---- where things lie
def data_folder() -> Path:
    """BANGFU_DATA: where the database, keys and files of an installation lie."""
    return Path(os.environ.get("BANGFU_DATA", "var/server")).resolve()


def secret_key_file() -> Path:
    """BANGFU_SECRET_KEY_FILE: the key with which cookies and forms are signed."""
    return _path("BANGFU_SECRET_KEY_FILE", "secret-key")


def key_ring_file() -> Path:
    """BANGFU_KEY_RING: the keys that seal numbers and witness the record. Best on another disk than the database."""
    return _path("BANGFU_KEY_RING", "keys.json")


def checkpoints_file() -> Path:
    """BANGFU_CHECKPOINTS: how far the record had come. Best on another machine's share."""
    return _path("BANGFU_CHECKPOINTS", "checkpoints.jsonl")


def files_folder() -> Path:
    """BANGFU_FILES: where scans and uploaded files lie, sealed. May be a larger disk than the database's."""
    return _path("BANGFU_FILES", "files")


def scan_bytes() -> int:
    """BANGFU_SCAN_MB: how large one scan may be that somebody hands in."""
    value = os.environ.get("BANGFU_SCAN_MB", "20")
    if not re.fullmatch("[1-9][0-9]{0,2}", value):
        raise _unfit("BANGFU_SCAN_MB", "应为 1 到 999 的整数", "it should be a whole number from 1 to 999")
    return int(value) * 1_000_000


def fonts_folder() -> Path:
    """BANGFU_FONTS: where ./setup put the faces of official papers. Papers are set in others where it is not there."""
    return Path(os.environ.get("BANGFU_FONTS", "var/fonts")).resolve()


def papers_folder() -> Path | None:
    """BANGFU_PAPERS: an office's own templates of papers, which take the place of shipped ones of the same name."""
    given = os.environ.get("BANGFU_PAPERS", "")
    return Path(given).resolve() if given else None


def secret_key() -> str:
    """What the file holds; nothing before it is made, with which Django signs nothing and serves nothing."""
    file = secret_key_file()
    return file.read_text(encoding="utf-8").strip() if file.exists() else ""


def night_hour() -> int | None:
    """BANGFU_NIGHT_HOUR: from which hour of the offices on the register is assessed each day; `off`: only when asked for."""
    said = os.environ.get("BANGFU_NIGHT_HOUR", "2")
    if said == "off":
        return None
    if said not in map(str, range(24)):
        raise _unfit(
            "BANGFU_NIGHT_HOUR", f"应为 0 到 23 或 off，而不是“{said}”", f"it should be 0 to 23 or off, not '{said}'"
        )
    return int(said)


# ---- who may come, and how
def debug() -> bool:
    """BANGFU_DEBUG: for developers. `bangfu serve` refuses it."""
    return _switch("BANGFU_DEBUG")


def behind_proxy() -> bool:
    """BANGFU_BEHIND_PROXY: a proxy on this machine says who asks, and whether over HTTPS."""
    return _switch("BANGFU_BEHIND_PROXY")


def hosts() -> list[str]:
    """BANGFU_HOSTS: the names by which the server answers, separated by commas."""
    named = [host.strip() for host in os.environ.get("BANGFU_HOSTS", "").split(",") if host.strip()]
    if any(host.startswith(("*", ".")) for host in named):
        raise _unfit("BANGFU_HOSTS", "请逐个写出主机名，不能用 * 或 . 开头", "name each host; no * and no leading dot")
    return named or list(LOOPBACK)


def https() -> bool:
    """BANGFU_PLAIN_HTTP: without TLS, on this machine only. Raises where the server has a name beyond it."""
    plain = _switch("BANGFU_PLAIN_HTTP")
    if plain and not all(map(is_loopback, hosts())):
        raise DomainError(
            "PLAIN_HTTP_BEYOND_LOOPBACK",
            Text(
                "BANGFU_HOSTS 含有本机以外的名字，不能用明文 HTTP：请用 --certificate 与 --key，或 --behind-proxy。",
                "BANGFU_HOSTS names more than this machine, which rules out plain HTTP: "
                "use --certificate and --key, or --behind-proxy.",
            ),
        )
    return not plain


def address() -> str:
    """BANGFU_ADDRESS: where people reach the server, as the codes on papers say it. Without it, by the first of its names."""
    given = os.environ.get("BANGFU_ADDRESS", "").rstrip("/")
    if given and not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+", given):
        raise _unfit("BANGFU_ADDRESS", "应如 https://fupin.example.cn", "it should be as https://fupin.example.cn")
    first = hosts()[0]
    return given or (f"http://{first}:8000" if is_loopback(first) else f"https://{first}")


# ---- the database
def database() -> dict[str, Any]:
    """DATABASE_URL: PostgreSQL; without it, a SQLite file in the data folder."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        return _sqlite(data_folder() / "bangfu.sqlite3")
    try:
        found = dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
    except ValueError as problem:
        # Nothing of the address: it may hold a password.
        raise _unfit(
            "DATABASE_URL", "应如 postgres://用户@主机/库名", "it should be as postgres://user@host/name"
        ) from problem
    if found["ENGINE"] == "django.db.backends.sqlite3":
        return _sqlite(Path(str(found["NAME"])))
    return found


def _sqlite(path: Path) -> dict[str, Any]:
    # FULL: a commit that was told of is on disk. IMMEDIATE: a writer waits at its start and never fails half-way.
    # RECURSIVE: a row that REPLACE puts in the place of another is one deleted, which triggers may refuse.
    start = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;"
    options = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": start}
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": options}


def _path(variable: str, name: str) -> Path:
    return Path(os.environ.get(variable) or data_folder() / name).resolve()


def _switch(variable: str) -> bool:
    value = os.environ.get(variable, "")
    if value not in ("", "0", "1"):
        raise _unfit(variable, f"应为 0 或 1，而不是“{value}”", f"it should be 0 or 1, not '{value}'")
    return value == "1"


def _unfit(variable: str, zh: str, en: str) -> DomainError:
    return DomainError(
        "ENVIRONMENT_UNFIT", Text(f"环境变量 {variable} 不合适：{zh}。", f"The variable {variable} does not fit: {en}.")
    )
