"""Pages are sent compressed to who takes them so: a quarter of the bytes, which on a village's telephone line are seconds.

Files go as they are; scans, papers and workbooks are compressed already. A page shows no secret that a stranger could guess sign by sign
from its length: the token of its forms is another one each time, no other site's request carries a session, and Django adds to each page
a random number of bytes.
"""

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class SmallerMiddleware(GZipMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.streaming or not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
