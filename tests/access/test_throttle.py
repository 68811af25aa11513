"""Guessing is slow for whoever guesses, and nobody can shut anybody else out."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, models
from hypothesis import given
from hypothesis import strategies as st

from bangfu.access.models import Throttle
from bangfu.access.services import throttle
from bangfu.access.services.throttle import LIMITS, attempt, forget_failures, give_back
from bangfu.audit.data import By
from bangfu.kernel.errors import DomainError
from bangfu.privacy.keys import KeyRing
from tests.examples import few
from tests.organisation import NOW
from tests.races import at_once

SECOND = timedelta(seconds=1)


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing.made()


def at(ring: KeyRing, after: timedelta, source: str = "10.0.0.1") -> By:
    return By("anonymous", NOW + after, ring, "", source)


def wait(ring: KeyRing, after: timedelta, login: str, source: str = "10.0.0.1", device: str = "") -> bool:
    """One failed attempt. Whether it had to wait, and so was not even looked at."""
    try:
        attempt(at(ring, after, source), login, device)
    except DomainError as refusal:
        return refusal.code == "WAIT"
    return False


@pytest.mark.django_db
class TestLimits:
    def test_five_are_free_and_then_the_wait_doubles_up_to_a_quarter_of_an_hour(self, ring: KeyRing) -> None:
        clock = timedelta()
        for wanted in (0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900):
            if wanted:
                assert wait(ring, clock + (wanted - 1) * SECOND, "somebody")
            clock += wanted * SECOND
            assert not wait(ring, clock, "somebody")

    def test_waiting_attempts_do_not_count(self, ring: KeyRing) -> None:
        for _ in range(5):
            wait(ring, timedelta(), "somebody")
        for _ in range(50):
            assert wait(ring, SECOND, "somebody")
        assert not wait(ring, 2 * SECOND, "somebody")

    def test_one_person_behind_an_offices_address_holds_up_nobody_else_there(self, ring: KeyRing) -> None:
        for n in range(100):
            wait(ring, n * SECOND, "forgetful")
        assert not wait(ring, timedelta(seconds=100), "colleague")

    def test_many_names_tried_from_one_address_are_held_up_for_a_minute_at_most(self, ring: KeyRing) -> None:
        clock = timedelta()
        for n in range(40):
            while wait(ring, clock, f"name{n}"):
                clock += 5 * SECOND
        assert wait(ring, clock, "somebody")
        assert not wait(ring, clock + timedelta(seconds=60), "somebody")
        assert not wait(ring, clock + timedelta(seconds=60), "somebody else", source="10.0.0.2")

    def test_an_account_attacked_from_everywhere_keeps_a_stranger_waiting_for_a_minute_at_most(
        self, ring: KeyRing
    ) -> None:
        clock = timedelta()
        for n in range(60):
            while wait(ring, clock, "target", source=f"10.1.{n}.1"):
                clock += 5 * SECOND
        assert wait(ring, clock, "target", source="10.2.0.1")
        assert not wait(ring, clock + timedelta(seconds=60), "target", source="10.2.0.1")

    def test_a_browser_that_the_account_knows_is_held_up_by_its_own_failures_alone(self, ring: KeyRing) -> None:
        for n in range(60):
            wait(ring, timedelta(), "target", source=f"10.1.{n}.1")
            wait(ring, timedelta(), f"name{n}", source="10.0.0.1")
        assert [wait(ring, timedelta(), "target", device="known") for _ in range(6)] == [False] * 5 + [True]
        assert not wait(ring, timedelta(), "target", device="another")

    def test_what_was_right_gives_its_attempt_back_and_forgets_this_sources_failures(self, ring: KeyRing) -> None:
        for n in range(4):
            wait(ring, n * SECOND, "somebody")
        who = at(ring, 4 * SECOND)
        give_back(who, attempt(who, "somebody"))
        assert [wait(ring, 5 * SECOND, "somebody") for _ in range(6)] == [False] * 5 + [True]

    def test_accounts_tried_again_an_hour_later_count_against_their_source_again(self, ring: KeyRing) -> None:
        clock = timedelta()
        for _ in range(2):
            begun = clock
            for n in range(60):
                while wait(ring, clock, f"name{n}"):
                    clock += 10 * SECOND
            assert clock - begun > timedelta(minutes=30)
            clock += timedelta(hours=1)

    def test_one_person_who_mistypes_again_and_again_counts_once_an_hour_against_an_office(self, ring: KeyRing) -> None:
        for n in range(18):
            clock = timedelta(minutes=3 * n)
            assert not wait(ring, clock, "clumsy")
            who = at(ring, clock)
            give_back(who, attempt(who, "clumsy"))
        assert not any(wait(ring, timedelta(minutes=59), f"colleague{n}") for n in range(19))

    def test_a_right_one_does_not_lift_the_wait_that_a_later_wrong_one_brought_about(self, ring: KeyRing) -> None:
        who = at(ring, timedelta())
        made = attempt(who, "insider")
        for n in range(19):
            wait(ring, SECOND, f"name{n}")
        give_back(who, made)
        assert wait(ring, 2 * SECOND, "somebody")

    @pytest.mark.parametrize(
        ("first", "second", "one"),
        [
            ("2001:db8::1", "2001:db8::ffff:1:2:3", True),
            ("2001:db8::1", "2001:db8:0:1::1", False),
            ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
            ("::ffff:10.0.0.1", "10.0.0.1", True),
            ("10.0.0.1", "10.0.0.2", False),
            ("fe80::1%eth0", "fe80::2%eth0", True),
            ("", "unix:", False),
        ],
    )
    def test_the_addresses_of_one_line_are_one_source(self, ring: KeyRing, first: str, second: str, one: bool) -> None:
        for _ in range(5):
            wait(ring, timedelta(), "somebody", source=first)
        assert wait(ring, timedelta(), "somebody", source=second) is one

    def test_a_count_that_is_swept_away_in_the_middle_is_begun_anew(
        self, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written = models.QuerySet.bulk_create
        swept: list[int] = []

        def sweep_once(rows: "models.QuerySet[Throttle]", *args: Any, **kwargs: Any) -> Any:
            made = written(rows, *args, **kwargs)
            if not swept:
                swept.append(Throttle.objects.all().delete()[0])
            return made

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(models.QuerySet, "bulk_create", sweep_once)
            assert not wait(ring, timedelta(), "somebody")
        assert swept == [3]
        assert sum(Throttle.objects.values_list("failures", flat=True)) == 3

    def test_an_owner_who_signs_in_does_not_give_an_attacker_new_guesses(self, ring: KeyRing) -> None:
        for n in range(30):
            wait(ring, timedelta(), "target", source=f"10.1.{n}.1")
        failures = sorted(Throttle.objects.values_list("failures", flat=True))
        who = at(ring, timedelta(minutes=2), "10.3.0.1")
        give_back(who, attempt(who, "target"))
        assert sorted(row.failures for row in Throttle.objects.exclude(failures=0)) == failures

    def test_a_day_later_it_is_forgotten_and_swept(self, ring: KeyRing) -> None:
        for _ in range(5):
            wait(ring, timedelta(), "somebody")
        day = timedelta(days=1)
        assert forget_failures(NOW + day) == 0
        assert [wait(ring, day, "somebody") for _ in range(6)] == [False] * 5 + [True]
        assert forget_failures(NOW + 2 * day + SECOND) == 3

    def test_no_name_and_no_address_is_kept(self, ring: KeyRing) -> None:
        wait(ring, timedelta(), "somebody")
        assert not any("somebody" in row.key_digest or "10.0" in row.key_digest for row in Throttle.objects.all())

    def test_parts_of_a_key_do_not_run_into_each_other(self, ring: KeyRing) -> None:
        for _ in range(5):
            wait(ring, timedelta(), "a", source="b\nc")
        assert not wait(ring, timedelta(), "a\nb", source="c")


# Who tries, from where: strangers with many addresses, an office behind one, owners on a browser of theirs.
TRIES = st.lists(
    st.tuples(
        st.sampled_from(["stranger", "colleague", "owner"]),
        st.integers(0, 3),
        st.integers(0, 40),
        st.integers(0, 90),
    ),
    max_size=120,
)


@pytest.mark.django_db
@few(10)
@given(tries=TRIES)
def test_whatever_others_do_an_owner_is_let_try(ring: KeyRing, tries: list[tuple[str, int, int, int]]) -> None:
    Throttle.objects.all().delete()
    clock = timedelta()
    looked_at: Counter[str] = Counter()
    for who, person, where, pause in tries:
        clock += pause * SECOND
        if who == "stranger":
            looked_at["stranger"] += not wait(ring, clock, f"person{person}", source=f"10.9.{where}.1")
        elif who == "colleague":
            wait(ring, clock, f"colleague{where}", source="10.0.0.1")
        else:
            owner = at(ring, clock, "10.0.0.1")
            give_back(owner, attempt(owner, f"person{person}", f"browser{person}"))
    # On a browser of theirs at once; on a new one at a new place within a minute.
    assert not wait(ring, clock, "person0", source="10.0.0.1", device="browser0")
    assert not wait(ring, clock + timedelta(seconds=60), "person1", source="10.8.0.1")


def test_a_stranger_gets_about_a_hundred_looks_a_day_from_one_address_and_sixteen_hundred_from_all() -> None:
    def looks(limit: throttle.Limit) -> int:
        clock, count = timedelta(), 0
        while clock < timedelta(days=1):
            count += 1
            clock += limit.wait(count)
        return count

    assert looks(LIMITS["pair"]) == 108
    assert looks(LIMITS["account"]) == 1_463


def looks_at_once(ring: KeyRing, number: int = 12) -> int:
    """So many attempts at one moment; how many were looked at."""
    return number - len(at_once([partial(attempt, at(ring, timedelta()), "target")] * number))


def test_however_many_come_at_once_no_more_are_looked_at_than_are_free(committed: None, ring: KeyRing) -> None:
    assert looks_at_once(ring) == LIMITS["pair"].free


def test_counted_only_after_the_look_all_would_be(
    committed: None, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as unprotected:
        # The count is written, but not before all have looked.
        unprotected.setattr(Throttle, "save", lambda row: None)
        assert looks_at_once(ring) == 12


def stuck_at_once(ring: KeyRing, threads: int = 8, rounds: int = 12) -> int:
    """Many right sign-ins to a few accounts at two addresses at one time; how many threads the database broke off."""

    def one(n: int) -> None:
        for turn in range(rounds):
            who = at(ring, turn * timedelta(minutes=20), f"10.0.0.{(turn + n) % 2}")
            with suppress(DomainError):
                give_back(who, attempt(who, f"person{turn * n % 3}"))

    return len(at_once([partial(one, n) for n in range(threads)]))


def test_sign_ins_at_one_time_never_hold_each_other_up_for_ever(committed: None, ring: KeyRing) -> None:
    assert stuck_at_once(ring) == 0


def test_locked_in_any_order_they_would(committed: None, ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    ordered = models.QuerySet.order_by
    with monkeypatch.context() as unprotected:
        unprotected.setattr(models.QuerySet, "order_by", lambda rows, *names: ordered(rows, "?"))
        stuck = stuck_at_once(ring)
    # SQLite has one writer at a time, whatever the order.
    assert bool(stuck) is (connection.vendor == "postgresql")
