"""Days as integers (20170331): compared as numbers, and ages come out whole.

Adding n * 10000 moves a day by n years. 29 February of a common year (20170229) is no real day, but it lies
after 20170228 and before 20170301, so that one born on it has the birthday on 1 March, as facts.md says.
"""

from datetime import date

YEAR = 10_000


def day_from_date(value: date) -> int:
    return value.year * YEAR + value.month * 100 + value.day


def date_from_day(day: int) -> date:
    """Raises ValueError where the integer is no real day."""
    return date(day // YEAR, day // 100 % 100, day % 100)


def iso_from_day(day: int) -> str:
    return f"{day // YEAR:04d}-{day // 100 % 100:02d}-{day % 100:02d}"


def day_from_iso(text: str) -> int:
    """Read 2017-03-31. Raises ValueError for anything else, impossible days included."""
    if len(text) != 10:
        raise ValueError(text)
    return day_from_date(date.fromisoformat(text))


def full_years(birth: int, on: int) -> int:
    """Age in full years on a day, by birthday."""
    return (on - birth) // YEAR
