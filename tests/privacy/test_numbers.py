"""Numbers that identify somebody: sealed for their row, found again, shown as little as will do, sealed anew with a new key."""

from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.audit.data import By
from bangfu.audit.models import Entry, EntryText
from bangfu.audit.numbers import retire_keys, reveal, rotate_keys
from bangfu.kernel.errors import DomainError
from bangfu.privacy.keys import KeyRing, load_ring, save_ring
from bangfu.privacy.masks import HIDDEN, hidden, hidden_in, masked, shown
from bangfu.privacy.models import Kind, SealedNumber
from bangfu.privacy.selectors import keys_in_use, numbers_ending_in, numbers_equal_to
from bangfu.privacy.services import open_number, reseal, seal_number
from tests.races import at_once, meeting, unprotected

NUMBER = "11010519491231002X"
BORN = date(1949, 12, 31)
RING = KeyRing.made()
pytestmark = pytest.mark.django_db


def by(reason: str = "核对") -> By:
    return By("account:1", datetime(2017, 12, 1, tzinfo=UTC), RING, reason)


def refusal(code: str) -> "pytest.RaisesExc[DomainError]":
    return pytest.raises(DomainError, match=f"^{code}:")


@pytest.mark.parametrize(
    "given", [NUMBER, NUMBER.lower(), " 110105 19491231 002x ", "１１０１０５１９４９１２３１００２Ｘ"]
)
def test_a_number_is_the_same_however_it_was_typed(given: str) -> None:
    first, again = seal_number(RING, Kind.ID_CARD, NUMBER), seal_number(RING, Kind.ID_CARD, given)
    assert first.sealed != again.sealed
    assert open_number(RING, again) == NUMBER
    assert set(numbers_equal_to(RING, Kind.ID_CARD, given)) == {first.pk, again.pk}


@pytest.mark.parametrize("given", ["", "   ", "1" * 65, "11\x0022", "11\u202e22"])
def test_what_is_no_number_at_all_is_refused(given: str) -> None:
    with refusal("NUMBER_MALFORMED"):
        seal_number(RING, Kind.BANK_CARD, given)
    assert SealedNumber.objects.count() == 0


def test_a_wrong_number_is_kept_since_that_it_is_wrong_is_a_finding() -> None:
    assert open_number(RING, seal_number(RING, Kind.ID_CARD, "110105194912310021")) == "110105194912310021"


def test_a_seal_opens_in_its_own_row_alone() -> None:
    one, other = seal_number(RING, Kind.ID_CARD, NUMBER), seal_number(RING, Kind.ID_CARD, "110105194912310021")
    one.sealed = other.sealed
    with refusal("SEAL_BROKEN"):
        open_number(RING, one)
    other.kind = Kind.BANK_CARD
    with refusal("SEAL_BROKEN"):
        open_number(RING, other)


def test_the_last_four_find_their_kind_alone() -> None:
    card = seal_number(RING, Kind.ID_CARD, NUMBER)
    seal_number(RING, Kind.DISABILITY_CARD, NUMBER + "41")
    seal_number(RING, Kind.BANK_CARD, "622202000000002X")
    assert list(numbers_ending_in(RING, Kind.ID_CARD, "002x")) == [card.pk]
    assert list(numbers_equal_to(RING, Kind.ID_CARD, "002X")) == []
    assert list(numbers_ending_in(KeyRing.made(), Kind.ID_CARD, "002X")) == []


def test_the_table_says_nothing_to_who_has_it_alone() -> None:
    seal_number(RING, Kind.ID_CARD, NUMBER)
    kept = repr(list(SealedNumber.objects.values()))
    assert not any(NUMBER[n : n + 4] in kept.replace("-", "").split("'sealed'")[0] for n in range(15))
    assert NUMBER[6:14] not in kept


@given(st.text("0123456789X", min_size=1, max_size=30), st.dates(date(1900, 1, 1), date(2020, 1, 1)), st.booleans())
def test_nothing_shows_the_last_four_beside_the_full_date_of_birth(plain: str, born: date, last_four: bool) -> None:
    number = SealedNumber(kind=Kind.ID_CARD)
    number.sealed = RING.seal(plain, f"privacy_sealednumber:{number.pk}:{number.kind}")
    seen = shown(RING, number, born, last_four=last_four)
    assert seen.number.strip(HIDDEN) in ({"", plain[-4:].strip(HIDDEN)} if last_four else {""})
    assert seen.born == (str(born.year) if last_four else born.isoformat())
    assert len(seen.number.strip(HIDDEN)) <= 4
    assert len(plain) >= 12 or set(masked(RING, number)) == {HIDDEN}


def test_a_secret_is_never_shown_not_even_its_end() -> None:
    assert set(masked(RING, seal_number(RING, Kind.TOTP_SECRET, "JBSWY3DPEHPK3PXP"))) == {HIDDEN}


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_reveal_without_a_reason_opens_nothing(reason: str) -> None:
    number = seal_number(RING, Kind.ID_CARD, NUMBER)
    with refusal("REASON_NEEDED"):
        reveal(by(reason), number.pk, "account:7", None)
    assert Entry.objects.count() == 0


def test_each_reveal_leaves_one_entry_whose_reason_can_be_erased() -> None:
    number = seal_number(RING, Kind.ID_CARD, NUMBER)
    assert reveal(by(), number.pk, "account:7", None) == NUMBER
    entry = Entry.objects.get()
    assert (entry.act, entry.actor, entry.subject) == ("privacy.reveal", "account:1", "account:7")
    assert EntryText.objects.get().body == {"reason": "核对", "kind": "身份证号"}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    save_ring(RING, tmp_path / "keys.json")
    return tmp_path / "keys.json"


def sealed(number: int) -> list[SealedNumber]:
    return [seal_number(RING, Kind.BANK_CARD, f"62220200000{n:05}") for n in range(number)]


def test_a_rotation_that_was_killed_half_way_loses_nothing_and_goes_on(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers, batches = sealed(1_200), iter((reseal, None))

    def killed(ring: KeyRing) -> int:
        batch = next(batches)
        if batch is None:
            raise KeyboardInterrupt
        return batch(ring)

    with monkeypatch.context() as interrupted:
        interrupted.setattr("bangfu.audit.numbers.reseal", killed)
        with pytest.raises(KeyboardInterrupt):
            rotate_keys(by(), kept)
    half = load_ring(kept)
    assert len(keys_in_use()) == 2
    assert all(open_number(half, number) for number in SealedNumber.objects.all())
    assert rotate_keys(by(), kept) == len(numbers)
    assert keys_in_use() == {load_ring(kept).current}


def test_retired_keys_are_gone_and_all_can_still_be_read_and_found(kept: Path) -> None:
    first = sealed(3)[0]
    rotate_keys(by(), kept)
    # Sealed with the old key by a request that ran meanwhile.
    late = seal_number(RING, Kind.ID_CARD, NUMBER)
    assert retire_keys(by(), kept) == [RING.current]
    ring = load_ring(kept)
    assert open_number(ring, SealedNumber.objects.get(pk=late.pk)) == NUMBER
    assert first.pk in numbers_ending_in(ring, Kind.BANK_CARD, "0000")
    with refusal("KEY_MISSING"):
        open_number(RING, SealedNumber.objects.get(pk=first.pk))


def test_a_key_in_use_is_not_retired(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed(1)
    rotate_keys(by(), kept)
    seal_number(RING, Kind.ID_CARD, NUMBER)
    monkeypatch.setattr("bangfu.audit.numbers.reseal", lambda ring: 0)
    with refusal("KEYS_NEEDED"):
        retire_keys(by(), kept)
    assert RING.current in load_ring(kept).sealing


def rotated_twice_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Two rotate one ring, both having read it before either writes it, if nothing stops them. What went wrong."""
    meet = meeting()

    def save_after_both_read(ring: KeyRing, to: Path) -> None:
        meet()
        save_ring(ring, to)

    monkeypatch.setattr("bangfu.audit.numbers.save_ring", save_after_both_read)
    return at_once([partial(rotate_keys, by(), path)] * 2)


def test_two_rotations_at_once_lose_no_key(committed: None, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed(60)
    assert rotated_twice_at_once(kept, monkeypatch) == []
    ring = load_ring(kept)
    assert len(ring.sealing) == 3
    assert len({open_number(ring, number) for number in SealedNumber.objects.all()}) == 60


def test_without_the_lock_a_key_is_lost_or_one_fails(
    committed: None, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed(60)
    with monkeypatch.context() as off:
        off.setattr("bangfu.audit.numbers._alone", lambda: None)
        off.setattr("bangfu.audit.numbers.transaction.atomic", unprotected)
        failed = rotated_twice_at_once(kept, off)
    assert failed or len(load_ring(kept).sealing) < 3


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("户主371102196003010010", "户主**************0010"),
        ("37110219600301001x，37110219600301002", "**************001x，*************1002"),
        ("37110219600301001043B1", "****************1043B1"),
        ("371102600301001", "***********1001"),
        ("37110200000001", "37110200000001"),
        ("3711020000000101", "3711020000000101"),
        ("13800000000", "13800000000"),
        ("20170310-0001", "20170310-0001"),
        ("", ""),
    ],
)
def test_whatever_looks_like_a_number_is_hidden_where_it_was_typed_and_codes_are_not(typed: str, shown: str) -> None:
    assert hidden_in(typed) == shown


@pytest.mark.parametrize(
    ("typed", "shown"), [("3.71E+17", "****E+17"), ("0010", "0010"), ("不详", "不详"), ("371102 19", "*****2 19")]
)
def test_whatever_was_typed_for_a_number_is_hidden_but_for_its_last_four(typed: str, shown: str) -> None:
    assert hidden(typed) == shown
