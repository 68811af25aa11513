from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "bangfu.reports"
    verbose_name = "报表"

    def ready(self) -> None:
        from bangfu.exports import narrowing  # noqa: PLC0415  # the models are made only now
        from bangfu.reports import exporting  # noqa: PLC0415  # as above

        narrowing.READERS.append(exporting.READER)
