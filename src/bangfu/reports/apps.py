from django.apps import AppConfig

from bangfu.exports.data import READERS


class ReportsConfig(AppConfig):
    name = "bangfu.reports"
    verbose_name = "报表"

    def ready(self) -> None:
        READERS.append("bangfu.reports.exporting.READER")
