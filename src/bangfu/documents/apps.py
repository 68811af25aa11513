"""The room's Django app."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "bangfu.documents"
