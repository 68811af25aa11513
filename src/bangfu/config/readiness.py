"""What `bangfu serve` refuses to start with, each worded for who has to mend it."""

import socket
from dataclasses import dataclass
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext, SSLError

from django.conf import settings
from django.db import connection

from bangfu.config import env
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.privacy.keys import KeyRing, load_ring
from bangfu.web.migrations_due import migrations_due

_SET_UP = Text("请先运行 bangfu server setup。", "Run bangfu server setup first.")
_LEAST_SECRET, _LEAST_DIFFERENT = 50, 5


@dataclass(frozen=True, slots=True)
class Listening:
    """How the server was told to listen."""

    host: str
    port: int
    certificate: Path | None
    key: Path | None
    behind_proxy: bool
    workers: int

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}/"


def ready(listening: Listening) -> KeyRing:
    """Return the key ring of an installation that is fit to serve. Raises DomainError for the first thing that is not."""
    _refuse_debug()
    _refuse_open_door(listening)
    _refuse_weak_secret()
    ring = load_ring(settings.KEY_RING_FILE)
    _refuse_readable_by_others(settings.KEY_RING_FILE)
    _refuse_old_database()
    _refuse_missing_files()
    _refuse_too_many_workers(listening)
    _refuse_taken_port(listening)
    return ring


def _refuse_debug() -> None:
    if settings.DEBUG:
        raise DomainError(
            "DEBUG",
            Text(
                "BANGFU_DEBUG 会把内部细节给任何人看，不能用来提供服务。请去掉它。",
                "BANGFU_DEBUG shows inner details to anybody. Take it away to serve.",
            ),
        )


def _refuse_open_door(listening: Listening) -> None:
    if bool(listening.certificate) != bool(listening.key):
        raise DomainError(
            "HALF_A_CERTIFICATE",
            Text("--certificate 与 --key 须同时给出。", "--certificate and --key are given together."),
        )
    if listening.certificate and listening.key:
        _refuse_unfit_certificate(listening.certificate, listening.key)
    elif not env.is_loopback(listening.host):
        raise DomainError(
            "PLAIN_HTTP_BEYOND_LOOPBACK",
            Text(
                f"{listening.host} 可从别的机器访问，不能用明文 HTTP：请给出 --certificate 与 --key；"
                "有代理时请监听 127.0.0.1 并加 --behind-proxy。",
                f"Other machines reach {listening.host}, which rules out plain HTTP: give --certificate and --key; "
                "with a proxy, listen on 127.0.0.1 with --behind-proxy.",
            ),
        )


def _refuse_unfit_certificate(certificate: Path, key: Path) -> None:
    try:
        SSLContext(PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, SSLError) as problem:
        raise DomainError(
            "CERTIFICATE_UNFIT",
            Text(
                f"证书 {certificate} 或私钥 {key} 读不出来，或两者不配。应为 PEM 格式，私钥为不加密的 PKCS#8。",
                f"The certificate {certificate} or its key {key} cannot be read, or they do not belong together. "
                "Both should be PEM, the key PKCS#8 without a password.",
            ),
        ) from problem


def _refuse_weak_secret() -> None:
    path = env.secret_key_file()
    secret = env.secret_key()
    if not secret:
        raise DomainError(
            "NO_SECRET_KEY",
            Text(f"找不到签名密钥 {path}。{_SET_UP.zh}", f"There is no signing key at {path}. {_SET_UP.en}"),
        )
    if len(secret) < _LEAST_SECRET or len(set(secret)) < _LEAST_DIFFERENT or secret.startswith("django-insecure-"):
        raise DomainError(
            "WEAK_SECRET_KEY",
            Text(
                f"签名密钥 {path} 太短或不是随机的。请删去该文件，再运行 bangfu server setup（所有人须重新登录）。",
                f"The signing key at {path} is short or not random. Delete the file and run bangfu server setup "
                "(everybody signs in anew).",
            ),
        )
    _refuse_readable_by_others(path)


def _refuse_readable_by_others(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        raise DomainError(
            "KEY_READABLE_BY_OTHERS",
            Text(
                f"本机的其他用户也能读 {path}。请运行 chmod 600 {path}。",
                f"Other users of this machine can read {path}. Run chmod 600 {path}.",
            ),
        )


def _refuse_old_database() -> None:
    due = migrations_due()
    if due:
        raise DomainError(
            "MIGRATIONS_DUE",
            Text(
                f"数据库还没有随程序更新（{len(due)} 步，从 {due[0]} 起）。{_SET_UP.zh}",
                f"The database is older than the program ({len(due)} steps, from {due[0]}). {_SET_UP.en}",
            ),
        )


def _refuse_missing_files() -> None:
    if not (settings.STATIC_ROOT / "staticfiles.json").exists():
        raise DomainError(
            "NO_STATIC_FILES",
            Text(
                f"网页文件不在 {settings.STATIC_ROOT}。{_SET_UP.zh}",
                f"No pages' files in {settings.STATIC_ROOT}. {_SET_UP.en}",
            ),
        )


def _refuse_too_many_workers(listening: Listening) -> None:
    if listening.workers > 1 and connection.vendor == "sqlite":
        raise DomainError(
            "ONE_WRITER",
            Text(
                "SQLite 只容一个写入者，--workers 只能是 1。更多进程请用 PostgreSQL（DATABASE_URL）。",
                "SQLite has one writer, so --workers is 1. For more, use PostgreSQL (DATABASE_URL).",
            ),
        )


def _refuse_taken_port(listening: Listening) -> None:
    """Workers share their port with whoever asks for it, and so would two servers, each with half of the requests."""
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    try:
        with socket.create_server((listening.host, listening.port), family=family):
            pass
    except OSError as problem:
        raise DomainError(
            "PORT_TAKEN",
            Text(
                f"不能在 {listening.host} 的端口 {listening.port} 上提供服务（可能已被占用）：请换 --host 或 --port。",
                f"Port {listening.port} of {listening.host} cannot be served on; it may be taken. Choose another --host or --port.",
            ),
        ) from problem
