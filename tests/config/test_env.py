"""What the environment says, what of it is refused, and that each variable stands in the document for offices."""

import re
from contextlib import nullcontext
from pathlib import Path

import pytest

from bangfu.config import env
from bangfu.kernel.errors import DomainError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in named():
        monkeypatch.delenv(name, raising=False)


def named() -> set[str]:
    return set(re.findall(r"\b(?:BANGFU_[A-Z_]+|DATABASE_URL)\b", Path(str(env.__file__)).read_text(encoding="utf-8")))


def test_every_variable_stands_in_the_document() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/server.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(named())


def test_only_env_reads_the_environment() -> None:
    readers = [
        path.name
        for path in (ROOT / "src/bangfu/config").glob("*.py")
        if re.search(r"os\.environ|getenv", path.read_text(encoding="utf-8")) and path.name != "wsgi.py"
    ]
    assert readers == ["env.py"]


@pytest.mark.parametrize(("said", "hour"), [("", None), ("24", None), ("-1", None), ("0", 0), ("23", 23)])
def test_the_night_begins_at_an_hour_of_the_day(monkeypatch: pytest.MonkeyPatch, said: str, hour: int | None) -> None:
    monkeypatch.setenv("BANGFU_NIGHT_HOUR", said)
    with nullcontext() if hour is not None else pytest.raises(DomainError):
        assert env.night_hour() == hour


def test_there_need_be_no_night(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.night_hour() == 2
    monkeypatch.setenv("BANGFU_NIGHT_HOUR", "off")
    assert env.night_hour() is None


def test_without_variables_it_is_https_on_this_machine_with_no_key() -> None:
    assert (env.https(), env.behind_proxy(), env.debug()) == (True, False, False)
    assert env.hosts() == ["127.0.0.1", "localhost", "[::1]"]


@pytest.mark.parametrize("variable", ["BANGFU_DEBUG", "BANGFU_PLAIN_HTTP", "BANGFU_BEHIND_PROXY"])
@pytest.mark.parametrize("value", ["true", "yes", "2", " 1", "０"])
def test_a_switch_is_0_or_1(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    read = {"BANGFU_DEBUG": env.debug, "BANGFU_PLAIN_HTTP": env.https, "BANGFU_BEHIND_PROXY": env.behind_proxy}
    with pytest.raises(DomainError) as refused:
        read[variable]()
    assert variable in refused.value.text.zh
    assert variable in refused.value.text.en


@pytest.mark.parametrize("hosts", ["*", ".example.cn", "a.example.cn, *", "*.example.cn"])
def test_no_host_stands_for_many(monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    monkeypatch.setenv("BANGFU_HOSTS", hosts)
    with pytest.raises(DomainError, match="BANGFU_HOSTS"):
        env.hosts()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"])
def test_this_machine_is_loopback(host: str) -> None:
    assert env.is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "::", "10.0.0.1", "localhost.example.cn", "127.0.0.1.example.cn", "2130706433", "127.1"]
)
def test_other_machines_are_not(host: str) -> None:
    assert not env.is_loopback(host)


def test_plain_http_has_no_name_beyond_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGFU_PLAIN_HTTP", "1")
    assert not env.https()
    monkeypatch.setenv("BANGFU_HOSTS", "127.0.0.1,fupin.example.cn")
    with pytest.raises(DomainError, match="plain HTTP"):
        env.https()


def test_a_database_address_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "nonsense://u:geheim@h/d")
    with pytest.raises(DomainError, match="DATABASE_URL") as refused:
        env.database()
    assert "geheim" not in refused.value.text.zh + refused.value.text.en


def test_the_size_of_a_scan_is_given_in_whole_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.scan_bytes() == 20_000_000
    monkeypatch.setenv("BANGFU_SCAN_MB", "5")
    assert env.scan_bytes() == 5_000_000


@pytest.mark.parametrize("value", ["0", "-1", "5.5", "1000", "５", "five", " 5"])
def test_another_size_of_a_scan_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("BANGFU_SCAN_MB", value)
    with pytest.raises(DomainError, match="BANGFU_SCAN_MB"):
        env.scan_bytes()
