"""What `bangfu serve` will not start with; each is said in one language, with what to do, and ends in 1."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.cast import HAN
from tests.cli.installations import Installation, free_port
from tests.examples import first_of

Spoiling = Callable[[Installation], object]


def secret(installation: Installation, text: str) -> None:
    (installation.folder / "secret-key").write_text(text)


SPOILED: dict[str, tuple[Spoiling, str]] = {
    "no secret key": (lambda i: (i.folder / "secret-key").unlink(), "bangfu server setup"),
    "an empty secret key": (lambda i: secret(i, "\n"), "bangfu server setup"),
    "a short secret key": (lambda i: secret(i, "Zx9-" * 12 + "y"), "bangfu server setup"),
    "a monotonous secret key": (lambda i: secret(i, "abcd" * 20), "bangfu server setup"),
    "a default secret key": (lambda i: secret(i, "django-insecure-" + "Zx9-yQ" * 12), "bangfu server setup"),
    "a secret key that others read": (lambda i: (i.folder / "secret-key").chmod(0o640), "chmod 600"),
    "no key ring": (lambda i: (i.folder / "keys.json").unlink(), "keys.json"),
    "a broken key ring": (lambda i: (i.folder / "keys.json").write_text("{}"), "keys.json"),
    "a key ring that others read": (lambda i: (i.folder / "keys.json").chmod(0o604), "chmod 600"),
    "a migration that is due": (
        lambda i: i.sql("DELETE FROM django_migrations WHERE app = 'audit' AND name = '0001_initial'"),
        "audit.0001_initial",
    ),
    "no files for the pages": (lambda i: (i.folder / "static/staticfiles.json").unlink(), "bangfu server setup"),
}


def refused(installation: Installation, *options: str) -> str:
    said = installation.bangfu("serve", "--port", str(free_port()), *options, "--lang=en")
    assert said.returncode == 1
    assert said.stdout == ""
    assert "Traceback" not in said.stderr
    assert not HAN.search(said.stderr)
    return said.stderr


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_installation_is_not_served(installation: Installation, name: str) -> None:
    spoil, named = SPOILED[name]
    spoil(installation)
    assert named in refused(installation)


@pytest.mark.parametrize(
    "host", first_of(3, ["0.0.0.0", "127.0.0.1.example.org", "", "::", "192.168.1.5", "example.org"])
)
def test_plain_http_stays_on_this_machine(set_up_once: Installation, host: str) -> None:
    assert "plain HTTP" in refused(set_up_once, "--host", host)


def test_a_proxy_is_asked_from_this_machine_only(set_up_once: Installation) -> None:
    assert "127.0.0.1" in refused(set_up_once, "--host", "0.0.0.0", "--behind-proxy")


def test_a_name_beyond_this_machine_needs_https(set_up_once: Installation) -> None:
    assert "BANGFU_HOSTS" in refused(set_up_once.with_env(BANGFU_HOSTS="fupin.example.cn"))


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"BANGFU_DEBUG": "1"}, "BANGFU_DEBUG"),
        ({"BANGFU_DEBUG": "no"}, "BANGFU_DEBUG"),
        ({"BANGFU_HOSTS": "*"}, "BANGFU_HOSTS"),
        ({"BANGFU_HOSTS": "fupin.example.cn,.example.cn"}, "BANGFU_HOSTS"),
        ({"DATABASE_URL": "nonsense://u:geheim@h/d"}, "DATABASE_URL"),
    ],
)
def test_a_variable_that_does_not_fit_is_named(
    set_up_once: Installation, variables: dict[str, str], named: str
) -> None:
    said = refused(set_up_once.with_env(**variables), "--behind-proxy")
    assert named in said
    assert "geheim" not in said


@pytest.mark.parametrize("given", [("--certificate",), ("--key",), ("--certificate", "--key")])
def test_half_a_certificate_or_none_at_all_is_refused(
    set_up_once: Installation, tmp_path: Path, given: tuple[str, ...]
) -> None:
    paper = tmp_path / "paper.pem"
    paper.write_text("no certificate")
    options = [word for option in given for word in (option, str(paper))]
    assert "certificate" in refused(set_up_once, *options)


def test_sqlite_has_one_worker(set_up_once: Installation) -> None:
    if set_up_once.env["DATABASE_URL"]:
        with set_up_once.serving("--workers", "2") as served:
            assert served.get("/health/").status == 200
    else:
        assert "PostgreSQL" in refused(set_up_once, "--workers", "2")


def test_a_port_is_not_shared_with_another_server(set_up_once: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        said = set_up_once.bangfu("serve", "--port", port, "--lang=en")
    assert (said.returncode, port in said.stderr) == (1, True)
