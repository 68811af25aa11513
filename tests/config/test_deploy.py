"""Django's own list of what a server in use must have."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def checked(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    (folder / "secret-key").write_text(secrets.token_urlsafe(64))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BANGFU_", "DJANGO_"))}
    own = {"PYTHONPATH": str(ROOT / "src"), "BANGFU_DATA": str(folder), "BANGFU_HOSTS": "fupin.example.cn"}
    return subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"],
        env={**kept, **own, "DJANGO_SETTINGS_MODULE": "bangfu.config.settings", **variables},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("proxy", ["0", "1"])
def test_a_server_in_use_has_all_that_django_asks(tmp_path: Path, proxy: str) -> None:
    done = checked(tmp_path, BANGFU_BEHIND_PROXY=proxy)
    assert done.returncode == 0, done.stderr


def test_the_check_would_see_what_is_open(tmp_path: Path) -> None:
    done = checked(tmp_path, BANGFU_DEBUG="1")
    assert done.returncode == 1
    assert "security.W018" in done.stderr
