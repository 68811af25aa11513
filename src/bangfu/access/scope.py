"""Rows are asked for by someone, or for a stated reason; a query that says neither raises when it is run.

A model whose rows not everyone may see declares its rule once: `objects = scoped(rule)`, where the rule turns an actor into the
condition on the rows that the actor may see. Lists, counts, searches, exports and single rows all start from `seen_by`.
"""

from collections.abc import Callable
from typing import Any, Self, TypeVar, cast

from django.db import models

from bangfu.access.data import Actor

M = TypeVar("M", bound=models.Model)
Rule = Callable[[Actor], models.Q]


class WithoutScope(RuntimeError):
    """A programming error: rows were about to be read or changed without saying for whom."""


class ScopedQuerySet(models.QuerySet[M]):
    """Refuses to reach the database until `seen_by` or `unscoped` was called."""

    _rule: Rule
    _scoped = False

    def seen_by(self, actor: Actor) -> Self:
        """The rows that the actor may see."""
        # In a subquery: conditions over several tables meet a row more than once, and a DISTINCT could not be locked.
        seen = self.model._base_manager.filter(self._rule(actor)).order_by().values("pk")
        return self.unscoped("narrowed to what the rule of the model lets the actor see").filter(pk__in=seen)

    def unscoped(self, reason: str) -> Self:
        """All rows, for a reason that the line of code states."""
        if not reason:
            raise WithoutScope("unscoped needs its reason")
        free = self._chain()  # type: ignore[attr-defined]
        free._scoped = True
        return cast(Self, free)

    def _clone(self) -> Self:
        clone = super()._clone()  # type: ignore[misc]
        clone._rule, clone._scoped = self._rule, self._scoped
        return cast(Self, clone)

    def _refuse(self) -> None:
        if not self._scoped:
            raise WithoutScope(f"{self.model.__name__}: say seen_by(actor) or unscoped(reason)")

    def _fetch_all(self) -> None:
        self._refuse()
        super()._fetch_all()

    def iterator(self, chunk_size: int | None = None) -> Any:
        self._refuse()
        return super().iterator(chunk_size)

    def count(self) -> int:
        self._refuse()
        return super().count()

    def exists(self) -> bool:
        self._refuse()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._refuse()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._refuse()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._refuse()
        return super().delete()

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        # As a subquery of another query.
        self._refuse()
        return super().resolve_expression(*args, **kwargs)


class ScopedManager(models.Manager[M]):
    """The manager of a model with a rule. `create` adds a row and reads none; everything else needs a scope."""

    use_in_migrations = False

    def __init__(self, rule: Rule) -> None:
        super().__init__()
        self.rule = rule

    def get_queryset(self) -> ScopedQuerySet[M]:
        rows: ScopedQuerySet[M] = ScopedQuerySet(self.model, using=self._db)
        rows._rule = self.rule
        return rows

    def seen_by(self, actor: Actor) -> ScopedQuerySet[M]:
        return self.get_queryset().seen_by(actor)

    def unscoped(self, reason: str) -> ScopedQuerySet[M]:
        return self.get_queryset().unscoped(reason)
