"""Every address of the server."""

from django.urls import include, path

from bangfu.web.health import health

urlpatterns = [path("health/", health, name="health"), path("", include("bangfu.web.urls"))]
handler400 = "bangfu.web.errors.bad_request"
handler403 = "bangfu.web.errors.forbidden"
handler404 = "bangfu.web.errors.not_found"
handler500 = "bangfu.web.errors.broken"
