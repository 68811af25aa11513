"""`bangfu server`: an installation is made once, made again without harm, and never with another ring."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.installations import Installation, new_installation


def kept(installation: Installation) -> dict[str, str]:
    return {name: (installation.folder / name).read_text() for name in ("keys.json", "secret-key")}


def test_set_up_again_changes_no_key_and_loads_nothing_twice(installation: Installation) -> None:
    before = kept(installation), installation.numbers("SELECT id FROM places_place")
    again = installation.bangfu("server", "setup", "--lang=en")
    assert again.returncode == 0
    assert "Divisions loaded: 0." in again.stdout
    assert (kept(installation), installation.numbers("SELECT id FROM places_place")) == before


def test_keys_can_lie_elsewhere_and_are_their_owners_alone_in_a_folder_that_others_may_enter(tmp_path: Path) -> None:
    elsewhere = tmp_path / "safe" / "ring.json", tmp_path / "safe" / "signing"
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    installation = new_installation(folder).with_env(
        BANGFU_KEY_RING=str(elsewhere[0]), BANGFU_SECRET_KEY_FILE=str(elsewhere[1])
    )
    assert installation.bangfu("server", "keys", "create").returncode == 0
    first = elsewhere[0].read_text()
    assert installation.bangfu("server", "setup").returncode == 0
    assert elsewhere[0].read_text() == first
    assert not {"keys.json", "secret-key"} & {path.name for path in folder.iterdir()}
    assert installation.bangfu("audit", "checkpoint").returncode == 0
    files = [*elsewhere, *(path for path in folder.iterdir() if path.is_file())]
    assert "checkpoints.jsonl" in {path.name for path in files}
    assert [path.name for path in files if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize("words", [("setup",), ("keys", "create")])
def test_no_second_ring_is_made_beside_a_database_in_use(installation: Installation, words: tuple[str, ...]) -> None:
    (installation.folder / "keys.json").unlink()
    said = installation.bangfu("server", *words, "--lang=en")
    assert said.returncode == 1
    assert "Restore" in said.stderr
    assert not (installation.folder / "keys.json").exists()


def test_a_database_from_between_two_versions_is_told_so_and_left_as_it_is(installation: Installation) -> None:
    installation.sql("DELETE FROM django_migrations WHERE app = 'casework' AND name IN ('0001_initial', '0004_tally')")
    before = installation.sql("SELECT * FROM django_migrations")
    said = installation.bangfu("server", "setup", "--lang=en")
    assert (said.returncode, "casework.0004_tally" in said.stderr) == (1, True)
    assert installation.sql("SELECT * FROM django_migrations") == before


def test_nobody_is_erased_who_is_not_there_and_nothing_without_an_approver(set_up_once: Installation) -> None:
    given = ("server", "erase", "--person", "P1", "--reason", "本人申请", "--lang=en")
    assert set_up_once.bangfu(*given).returncode == 2
    said = set_up_once.bangfu(*given, "--approved-by", "officer")
    assert (said.returncode, "There is no number P1." in said.stderr) == (1, True)


def test_showing_the_keys_shows_none(set_up_once: Installation) -> None:
    said = set_up_once.bangfu("server", "keys", "show")
    ring = json.loads((set_up_once.folder / "keys.json").read_text())
    assert said.returncode == 0
    assert ring["current"] in said.stdout
    assert str(set_up_once.folder / "keys.json") in said.stdout
    assert [key for key in (*ring["sealing"].values(), ring["index"], ring["witness"]) if key in said.stdout] == []


def test_keys_are_rotated_and_old_ones_retired_by_command_and_the_record_stays_whole(
    installation: Installation,
) -> None:
    first = json.loads(kept(installation)["keys.json"])["current"]
    said = installation.bangfu("server", "keys", "rotate", "--reason", "年度更换")
    assert said.returncode == 0
    assert "密钥环变了，请现在另行备份" in said.stdout
    both = json.loads(kept(installation)["keys.json"])
    assert set(both["sealing"]) == {first, both["current"]}
    said = installation.bangfu("server", "keys", "retire", "--reason", "年度更换")
    assert said.returncode == 0
    assert first not in said.stdout
    assert "以前的备份要用当时的密钥环恢复" in said.stdout
    assert set(json.loads(kept(installation)["keys.json"])["sealing"]) == {both["current"]}
    assert installation.bangfu("audit", "verify").returncode == 0


def test_the_first_administrator_is_made_once_and_the_demo_not_beside(installation: Installation) -> None:
    words = ("server", "found", "--login", "zhang.san", "--name", "张三", "--place", "371102")
    made = installation.bangfu(*words)
    assert made.returncode == 0
    assert re.search(r"zhang\.san\s+([a-z2-9]{4}-){3}[a-z2-9]{4}\s+系统管理员 张三", made.stdout)
    for again in (words, ("server", "demo")):
        said = installation.bangfu(*again)
        assert said.returncode == 1
        assert "已有账号" in said.stderr
        assert not re.search(r"([a-z2-9]{4}-){3}", said.stdout)


def test_the_words_of_an_entry_are_erased_by_command_and_the_record_stays_whole(installation: Installation) -> None:
    assert installation.bangfu("server", "keys", "rotate", "--reason", "某人的话").returncode == 0
    (entry,) = installation.numbers("SELECT max(entry_id) FROM audit_entrytext")
    assert installation.bangfu("audit", "erase", "--entry", str(entry), "--reason", "依申请").returncode == 0
    assert installation.bangfu("audit", "verify").returncode == 0
    assert installation.bangfu("audit", "erase", "--entry", str(entry), "--reason", "依申请").returncode == 1


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (("serve",), "granian"),
        (("server", "setup"), "django"),
        (("server", "keys", "show"), "cryptography"),
        (("audit", "verify"), "dj_database_url"),
    ],
)
def test_without_the_servers_packages_it_is_said_what_to_install(
    set_up_once: Installation, words: tuple[str, ...], missing: str
) -> None:
    script = f"import sys; sys.modules[{missing!r}] = None; from bangfu.cli.main import main; sys.exit(main({words!r}))"
    said = set_up_once.python("-c", script)
    assert said.returncode == 1
    assert "请安装 bangfu[server]" in said.stderr
    assert "Traceback" not in said.stderr


def test_what_needs_no_server_needs_no_django(set_up_once: Installation) -> None:
    script = "import sys; sys.modules['django'] = None; from bangfu.cli.main import main; sys.exit(main(['rulebook', 'check']))"
    assert set_up_once.python("-c", script).returncode == 0


def test_files_are_checked_and_swept_by_command(installation: Installation) -> None:
    checked = installation.bangfu("server", "files", "check")
    assert (checked.returncode, "完好" in checked.stdout) == (0, True), checked.stderr
    swept = installation.bangfu("server", "files", "sweep")
    assert (swept.returncode, "0 个" in swept.stdout) == (0, True), swept.stderr
