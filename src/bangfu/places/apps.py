from django.apps import AppConfig


class PlacesConfig(AppConfig):
    name = "bangfu.places"
    label = "places"
    verbose_name = "区划与单位"
