"""The key ring seals for one place, rotates without losing anything, and says plainly what is wrong with it."""

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.kernel.errors import DomainError
from bangfu.privacy.keys import KeyRing, key_of, load_ring, save_ring

RING = KeyRing.made()
NUMBER = "371102195001010018"  # made up


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_opens_in_its_place(plain: str, place: str) -> None:
    assert RING.open(RING.seal(plain, place), place) == plain


def test_the_same_text_is_sealed_differently_each_time() -> None:
    assert RING.seal(NUMBER, "a") != RING.seal(NUMBER, "a")


def test_a_change_of_any_character_is_noticed() -> None:
    sealed = RING.seal(NUMBER, "account.id_number:7")
    for at, old in enumerate(sealed):
        for new in set("AQgw09-_=:") - {old}:
            with pytest.raises(DomainError):
                RING.open(sealed[:at] + new + sealed[at + 1 :], "account.id_number:7")


def test_what_is_moved_to_another_row_does_not_open() -> None:
    with pytest.raises(DomainError) as refusal:
        RING.open(RING.seal(NUMBER, "account.id_number:7"), "account.id_number:8")
    assert refusal.value.code == "SEAL_BROKEN"


def test_what_an_old_key_sealed_opens_until_the_key_is_removed() -> None:
    sealed = RING.seal(NUMBER, "a")
    rotated = RING.rotated()
    assert rotated.current != RING.current
    assert rotated.open(sealed, "a") == NUMBER
    again = rotated.seal(rotated.open(sealed, "a"), "a")
    assert key_of(again) == rotated.current
    later = rotated.without(RING.current)
    assert later.open(again, "a") == NUMBER
    with pytest.raises(DomainError) as refusal:
        later.open(sealed, "a")
    assert refusal.value.code == "KEY_MISSING"


def test_the_current_key_cannot_be_removed() -> None:
    with pytest.raises(DomainError) as refusal:
        RING.without(RING.current)
    assert refusal.value.code == "KEY_IN_USE"


def test_an_index_finds_the_same_number_and_tells_columns_apart() -> None:
    assert RING.blind_index(NUMBER, "id") == RING.rotated().blind_index(NUMBER, "id")
    assert RING.blind_index(NUMBER, "id") != RING.blind_index(NUMBER, "card")
    assert RING.blind_index("bc", "a") != RING.blind_index("c", "ab")
    assert RING.blind_index(NUMBER, "id") != KeyRing.made().blind_index(NUMBER, "id")


def test_a_ring_is_kept_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ring.json"
    save_ring(RING, path)
    assert load_ring(path) == RING
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    save_ring(RING.rotated(), path)
    assert RING.current in load_ring(path).sealing
    assert [p.name for p in path.parent.iterdir()] == ["ring.json"]


@pytest.mark.parametrize("damage", ["", "[]", "{}", "null", '{"format": 2}', "\x00"])
def test_a_ring_that_cannot_be_read_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "ring.json"
    path.write_text(damage)
    with pytest.raises(DomainError) as refusal:
        load_ring(path)
    assert refusal.value.code == "KEY_RING_UNREADABLE"
    assert str(path) in refusal.value.text.zh


def test_a_ring_with_a_short_key_or_without_its_current_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ring.json"
    save_ring(RING, path)
    whole = json.loads(path.read_text())
    for change in ({"index": "c2hvcnQ="}, {"current": "k0"}):
        path.write_text(json.dumps({**whole, **change}))
        with pytest.raises(DomainError, match="KEY_RING_UNREADABLE"):
            load_ring(path)


def test_a_missing_ring_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DomainError) as refusal:
        load_ring(tmp_path / "ring.json")
    assert refusal.value.code == "NO_KEY_RING"
    assert "keys create" in refusal.value.text.en
