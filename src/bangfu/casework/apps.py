from typing import Any

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate


class CaseworkConfig(AppConfig):
    name = "bangfu.casework"
    verbose_name = "办理"

    def ready(self) -> None:
        pre_migrate.connect(_lift, sender=self)
        post_migrate.connect(_protect, sender=self)
        from bangfu.casework.services import placing  # noqa: PLC0415  # the models are made only now
        from bangfu.registry import listed  # noqa: PLC0415  # as above

        listed.FOLLOWING.append(placing.moved)


def _lift(using: str, plan: Any = (), **_: Any) -> None:
    from bangfu.casework.protection import ROOM  # noqa: PLC0415  # the models are made only now
    from bangfu.registry import protection  # noqa: PLC0415  # as above

    if any(migration.app_label == ROOM.label for migration, _ in plan):
        protection.lift(connections[using], ROOM)


def _protect(using: str, apps: Any = apps, **_: Any) -> None:
    from bangfu.casework.protection import ROOM  # noqa: PLC0415  # as above
    from bangfu.registry import protection  # noqa: PLC0415  # as above

    protection.protect(connections[using], apps, ROOM)
