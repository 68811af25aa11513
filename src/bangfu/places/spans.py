"""Spans of days in tables: `held_from` is included, `held_until` is not, and None while it lasts."""

from datetime import date

from django.db.models import Q


def lasts(day: date, span: str = "") -> Q:
    """That a span covers a day. `span` is the lookup of the row that has it, where that is another one."""
    before = f"{span}__" if span else ""
    return Q((f"{before}held_from__lte", day)) & ends_after(day, span)


def ends_after(day: date, span: str = "") -> Q:
    """That a span covers a day or one after it."""
    before = f"{span}__" if span else ""
    return Q((f"{before}held_until", None)) | Q((f"{before}held_until__gt", day))
