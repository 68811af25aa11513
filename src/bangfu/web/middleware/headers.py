"""What every answer tells the browser to refuse. What Django has a setting for stands in the settings."""

from django.http import HttpRequest, HttpResponseBase

from bangfu.web.middleware.incident import Answering

_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # Also where another middleware answers before Django's own, which sets them too.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def headers(answer: Answering) -> Answering:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        for name, value in HEADERS.items():
            response[name] = value
        # Files say themselves how long they may be kept; a page is about people and is kept nowhere.
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware
