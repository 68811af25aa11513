"""A backup has its name once it is whole, and takes nobody else's."""

import errno
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bangfu.config.backups import Progress, back_up, look_at
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from tests.organisation import Organisation, founded


@pytest.fixture
def org(db: None) -> Organisation:
    return founded()


def meanwhile(act: Callable[[], object]) -> Progress:
    """Does it once, in the midst of a backup: when that first tells how far it is."""
    acts = [act]

    def told(_: Text) -> None:
        while acts:
            acts.pop()()

    return told


def quiet(_: Text) -> None:
    pass


def test_of_two_that_are_made_for_one_name_at_once_the_first_to_be_done_stands_and_the_other_is_told(
    org: Organisation, tmp_path: Path
) -> None:
    path = tmp_path / "whole.bangfu"
    with pytest.raises(DomainError, match=r"^BACKUP_EXISTS:"):
        back_up(org.by, path, meanwhile(partial(back_up, org.by, path, quiet)))
    assert look_at(org.by, path).rows["access.Account"] == len(org.accounts)
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that knows none."""

    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(Path, "hardlink_to", refused)


@pytest.fixture(params=[True, False], ids=["links", "no links"])
def disk(request: pytest.FixtureRequest) -> None:
    _ = request.param or request.getfixturevalue("no_links")


@pytest.mark.usefixtures("disk")
def test_what_has_come_to_stand_there_meanwhile_is_not_overwritten(org: Organisation, tmp_path: Path) -> None:
    path = tmp_path / "whole.bangfu"
    with pytest.raises(DomainError, match=r"^BACKUP_EXISTS:"):
        back_up(org.by, path, meanwhile(partial(path.write_text, "mine")))
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("no_links")
def test_a_disk_without_links_takes_a_backup(org: Organisation, tmp_path: Path) -> None:
    path = tmp_path / "whole.bangfu"
    made = back_up(org.by, path, quiet)
    assert look_at(org.by, path).rows == made.rows
    assert list(tmp_path.iterdir()) == [path]
