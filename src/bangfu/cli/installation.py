"""The way to an installation: what only `bangfu[server]` has is loaded here, and its absence said in plain words."""

import argparse
import os
from importlib import import_module

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

COMMANDS = (
    "serve",
    "server",
    "audit",
    "import",
    "payments",
    "differences",
    "export",
    "whose",
    "backup",
    "restore",
    "print",
)
_PACKAGES = ("cryptography", "dj_database_url", "django", "granian", "whitenoise")


def open_installation(given: argparse.Namespace) -> None:
    """Load the settings as the command has them. Raises DomainError where the server's packages are not installed."""
    _require_packages()
    # Databases, keys and checkpoints are their owner's alone, whatever folder they are put in.
    os.umask(0o077)
    if given.command == "serve":
        https = bool(given.certificate) or given.behind_proxy
        import_module("bangfu.config.env").serve_over(https=https, behind_proxy=given.behind_proxy)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bangfu.config.settings")
    import_module("django").setup()


def _require_packages() -> None:
    try:
        for package in _PACKAGES:
            import_module(package)
    except ModuleNotFoundError as problem:
        raise DomainError(
            "NO_SERVER_PACKAGES",
            Text(
                f"这个命令需要服务器部分（缺少 {problem.name}）。请安装 bangfu[server]。",
                f"This command needs the server's part ({problem.name} is missing). Install bangfu[server].",
            ),
        ) from problem
