from typing import Any

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate


class RegistryConfig(AppConfig):
    name = "bangfu.registry"
    verbose_name = "登记"

    def ready(self) -> None:
        pre_migrate.connect(_lift, sender=self)
        post_migrate.connect(_protect, sender=self)
        post_migrate.connect(_list, sender=self)
        from bangfu.places import services  # noqa: PLC0415  # the models are made only now
        from bangfu.registry import lived_in  # noqa: PLC0415  # as above

        services.LYING.append(lived_in.left_in)


def _lift(using: str, plan: Any = (), **_: Any) -> None:
    from bangfu.registry import protection  # noqa: PLC0415  # the models are made only now

    if any(migration.app_label == "registry" for migration, _ in plan):
        protection.lift(connections[using])


def _protect(using: str, apps: Any = apps, **_: Any) -> None:
    from bangfu.registry import protection  # noqa: PLC0415  # as above

    protection.protect(connections[using], apps)


def _list(using: str, apps: Any = apps, **_: Any) -> None:
    from bangfu.registry import listed  # noqa: PLC0415  # as above

    # Not while the room is only half migrated, or in another database than ours.
    if using == "default" and "listed" in apps.get_app_config("registry").models:
        listed.list_unlisted()
