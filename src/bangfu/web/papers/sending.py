"""What papers are made with on the desk, and how they are sent."""

from contextlib import AbstractContextManager

from django.conf import settings
from django.http import HttpResponse
from django.utils.http import content_disposition_header

from bangfu.documents.press import Press, press
from bangfu.documents.services import Printed

TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


def machine() -> AbstractContextManager[Press]:
    return press(settings.PAPERS_FOLDERS, settings.FONTS_FOLDER)


def sent(printed: Printed) -> HttpResponse:
    return answered(printed.name, printed.body)


def answered(name: str, body: bytes) -> HttpResponse:
    """As a file to keep, and never shown among our own pages."""
    answer = HttpResponse(body, content_type=TYPES[name.rpartition(".")[2]])
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return answer
