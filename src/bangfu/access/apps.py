from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "bangfu.access"
    label = "access"
    verbose_name = "人员与权限"

    def ready(self) -> None:
        from bangfu.access.services import territory  # noqa: PLC0415  # the models are made only now
        from bangfu.places import services  # noqa: PLC0415  # as above

        services.LYING.append(territory.left_in)
