"""Every address of the server."""

from django.urls import path

from bangfu.web.health import health

urlpatterns = [path("health/", health, name="health")]
