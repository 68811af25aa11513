"""The server's addresses, and one that nobody gave a row in the matrix."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from bangfu.config.urls import urlpatterns as known


def forgotten(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [*known, path("forgotten/", forgotten, name="not-in-the-matrix")]
