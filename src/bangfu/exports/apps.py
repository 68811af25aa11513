from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "bangfu.exports"
    verbose_name = "导出"
