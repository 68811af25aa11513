"""A bound on what a browser sends, asked before any of it is taken."""

from typing import IO, Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

from bangfu.intake.kinds import MB, kinds


class Bounded(FileUploadHandler):
    """The first of the handlers: refuses a request that says it is larger than any file may be, and leaves the rest to those after it."""

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, Any],  # noqa: N803  # its name in Django
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        if content_length > max(kind.most_bytes for kind in kinds().values()) + MB:
            raise RequestDataTooBig("larger than any file may be")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
