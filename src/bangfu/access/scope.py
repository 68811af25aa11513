"""Rows are asked for by someone, or for a stated reason; a query that says neither raises before it reaches the database.

A model whose rows not everyone may see names its rule (`rule = staticmethod(rules.accounts)`), which turns an actor into the condition
on the rows that the actor may see. Lists, counts, searches, exports and single rows all start from `seen_by`.
"""

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NoReturn, Self, TypeVar, cast

from django.db import models
from django.db.models.sql import Query

from bangfu.access.data import Actor

M = TypeVar("M", bound=models.Model)
_MOST_KEPT = 128


class WithoutScope(RuntimeError):
    """A programming error: rows were about to be read or changed without saying for whom."""


class ScopedQuery(Query):
    """Refuses to become SQL, as a query or a part of one, unless `scoped`; what is made from it inherits that."""

    scoped = False

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        _require_scope(self)
        return super().get_compiler(*args, **kwargs)

    def combine(self, rhs: Query, connector: str) -> None:
        _require_scope(rhs)
        super().combine(rhs, connector)


class ScopedQuerySet(models.QuerySet[M]):
    """Starts without a scope."""

    def __init__(self, model: type[M] | None = None, query: Query | None = None, **kwargs: Any) -> None:
        super().__init__(model, ScopedQuery(model) if query is None and model is not None else query, **kwargs)

    def unscoped(self, reason: str) -> Self:
        """All rows, for a reason that the line of code states."""
        if not reason:
            raise WithoutScope("unscoped needs its reason")
        free = self.all()
        free.query.scoped = True  # type: ignore[attr-defined]
        return free

    # These leave the query's class behind on their way to the database.
    def update(self, **kwargs: Any) -> int:
        _require_scope(self.query)
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        _require_scope(self.query)
        return super().delete()

    def raw(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise WithoutScope("SQL of one's own has no scope")


class ScopedManager(models.Manager[M]):
    """The manager of a model with a rule. `create` adds a row and reads none; everything else needs a scope."""

    def get_queryset(self) -> ScopedQuerySet[M]:
        return ScopedQuerySet(self.model, using=self._db)

    def seen_by(self, actor: Actor) -> ScopedQuerySet[M]:
        """The rows that the actor may see."""
        kept = _kept.seen(self, self.model.rule, actor)  # type: ignore[attr-defined]
        return cast(ScopedQuerySet[M], kept.all())

    def unscoped(self, reason: str) -> ScopedQuerySet[M]:
        return self.get_queryset().unscoped(reason)


def _seen(manager: ScopedManager[M], rule: Callable[[Actor], models.Q], actor: Actor) -> ScopedQuerySet[M]:
    free, condition = manager.unscoped("narrowed to what the rule of the model lets the actor see"), rule(actor)
    seen = manager.model._base_manager.filter(condition).order_by()
    if sum(1 for used in seen.query.alias_refcount.values() if used) <= 1:
        # A condition on the row alone. As a subquery it would let SQLite list every row of a district to find one.
        return free.filter(condition)
    # In a subquery: conditions over several tables meet a row more than once, and a DISTINCT could not be locked.
    return free.filter(pk__in=seen.values("pk"))


class _Kept(threading.local):
    """The queries that rules came to, by model and actor, none of them sent. A page asks for the rows of the same few models again and
    again, and to write a condition over several tables takes Django longer than the database looks for a row.

    A rule is a function of its actor alone. Each thread keeps its own, since two may not make SQL of one query at a time.
    """

    def __init__(self) -> None:
        self.seen = lru_cache(maxsize=_MOST_KEPT)(_seen)


_kept = _Kept()


def _require_scope(query: Query) -> None:
    if not getattr(query, "scoped", False):
        name = cast(Any, query.model).__name__
        raise WithoutScope(f"{name}: say seen_by(actor) or unscoped(reason)")
