"""Which day a moment belongs to."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

OFFICE_TIME = ZoneInfo("Asia/Shanghai")


def office_day(at: datetime) -> date:
    """Days are days of the offices, wherever the server stands. `at` must know its zone."""
    if at.tzinfo is None:
        raise ValueError("a moment without a zone belongs to no day")
    return at.astimezone(OFFICE_TIME).date()


def office_midnight(day: date) -> datetime:
    """The moment at which a day of the offices begins."""
    return datetime.combine(day, time.min, OFFICE_TIME)
