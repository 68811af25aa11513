"""What is done every hour beside a server: what has served its time is deleted."""

from datetime import datetime

from bangfu.access.services.housekeeping import sweep
from bangfu.config.jobs import forget_jobs


def hourly(at: datetime) -> int:
    """Delete what is due, and return how many rows."""
    return sweep(at) + forget_jobs(at)
