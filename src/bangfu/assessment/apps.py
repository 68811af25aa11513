from django.apps import AppConfig


class AssessmentConfig(AppConfig):
    name = "bangfu.assessment"
    verbose_name = "评估"
