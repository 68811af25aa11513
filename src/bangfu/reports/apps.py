from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "bangfu.reports"
    verbose_name = "报表"
