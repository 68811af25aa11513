"""The days a run asks about, as bits of one integer, so that a condition is judged on all of them at once.

Bit 0 to 11: the first of January to December of the policy year, as far as not after `as_of`. Bit 12: `as_of` itself.
"""

from dataclasses import dataclass

from bangfu.kernel.days import YEAR
from bangfu.rulebook.book import Accrual, Calendar

NOW_BIT = 12
NOW = 1 << NOW_BIT


@dataclass(frozen=True, slots=True)
class RunDays:
    """The days of one run. Every mask is a subset of `full`."""

    as_of: int
    income_year: int
    payment_lag_months: int
    calendar: Calendar

    @property
    def policy_year(self) -> int:
        return self.as_of // YEAR

    @property
    def year_base(self) -> int:
        """The policy year times ten thousand: 20170000."""
        return self.policy_year * YEAR

    @property
    def months(self) -> int:
        """How many firsts of a month lie in the policy year up to `as_of`."""
        return self.as_of // 100 % 100

    @property
    def active(self) -> int:
        """The month bits up to `as_of`."""
        return (1 << self.months) - 1

    @property
    def full(self) -> int:
        return self.active | NOW

    def day(self, bit: int) -> int:
        """The day behind a bit."""
        return self.as_of if bit == NOW_BIT else self.year_base + (bit + 1) * 100 + 1

    @property
    def bits(self) -> tuple[int, ...]:
        return (*range(self.months), NOW_BIT)

    def accrual(self, accrues: Accrual) -> int:
        """The days on which a benefit accrues, up to `as_of` (rules.md, Policies); none for `once`."""
        if accrues == "once":
            return 0
        return self.active & (self._term_bits if accrues == "term" else self.active)

    def expected(self, accrues: Accrual) -> int:
        """The accrual days whose money must have been paid by `as_of`: all but the last `payment_lag_months` months;
        for terms those whose expected day has come."""
        if accrues == "term":
            return self.active & sum(
                1 << (t.accrues // 100 - 1)
                for t in self.calendar.terms
                if t.expected > t.accrues and self.as_of >= self.year_base + t.expected
            )
        return (1 << max(0, self.months - self.payment_lag_months)) - 1 if accrues in ("month", "year") else 0

    @property
    def _term_bits(self) -> int:
        return sum(1 << (t.accrues // 100 - 1) for t in self.calendar.terms)

    @property
    def autumn(self) -> int:
        """The days on which a student's stage is the present one: from the start of autumn on, and `as_of` whatever the season."""
        start = self.year_base + self.calendar.autumn_starts
        return sum(1 << bit for bit in self.bits if self.day(bit) >= start or self.day(bit) == self.as_of)

    @property
    def school_age_days(self) -> tuple[int, int]:
        """The days on which school age is taken before and from this year's."""
        this = self.year_base + self.calendar.school_age_day
        return this - YEAR, this

    @property
    def after_school_age_day(self) -> int:
        """The days on or after this year's day of taking school age."""
        return sum(1 << bit for bit in self.bits if self.day(bit) >= self.school_age_days[1])

    @property
    def school_age_day(self) -> int:
        """The day that counts for `as_of`."""
        before, this = self.school_age_days
        return this if self.as_of >= this else before
