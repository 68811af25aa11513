"""Refusals and failures as pages. A failure says its incident number, under which the log has the rest."""

import logging

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from bangfu.access.data import Denied, NotThere
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.web.busy import AGAIN_S, is_busy

log = logging.getLogger("bangfu.web")
TITLES = {
    400: Text("请求有误", "Bad request"),
    403: Text("不能这样做", "Not allowed"),
    404: Text("找不到", "Not found"),
    409: Text("没有办成", "Not done"),
    503: Text("请稍候", "Please wait"),
    500: Text("系统出错", "Something went wrong"),
}
BROKEN = Text(
    "系统没有完成这一步，资料没有改动一半。请稍后再试；仍不行时，把下面的编号告诉管理员。",
    "This was not done, and nothing was half changed. Try again later; if it still fails, tell the administrator the number below.",
)
BUSY = Text(
    f"正在写入一批导入资料，这一步没有进行，也没有留痕。请 {AGAIN_S} 秒后刷新本页再试。",
    f"An import is being written. This was not done and nothing was recorded: reload the page in {AGAIN_S} seconds.",
)
FORM_STALE = Text(
    "没有保存：页面放得太久，此后有别的账号在这个浏览器登录，或浏览器没有接受 Cookie。请返回上一页，刷新后再试。",
    "Nothing was saved: the page was open too long, another account has signed in at this browser since, or the browser refuses cookies. Go back, reload and try again.",
)
MALFORMED = Text(
    "浏览器发来的内容读不出来。请返回后重试。", "What the browser sent cannot be read. Go back and try again."
)


class ErrorsMiddleware:
    """Answers a domain's refusal that no form could show."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request)  # type: ignore[operator,no-any-return]

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        if isinstance(problem, NotThere):
            return shown(request, 404, problem.text)
        if isinstance(problem, Denied):
            return shown(request, 403, problem.text)
        if isinstance(problem, DomainError):
            return shown(request, 409, problem.text)
        if is_busy(problem):
            answer = shown(request, 503, BUSY)
            answer["Retry-After"] = str(AGAIN_S)
            return answer
        return None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return shown(request, 400, MALFORMED)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return shown(request, 403, MALFORMED)


def form_stale(request: HttpRequest, reason: str = "") -> HttpResponse:
    return shown(request, 403, FORM_STALE)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return shown(request, 404, NotThere().text)


def broken(request: HttpRequest) -> HttpResponse:
    return shown(request, 500, BROKEN)


def shown(request: HttpRequest, status: int, text: Text) -> HttpResponse:
    """Without context processors and database: it must work where they do not."""
    lang = getattr(request, "lang", "zh")
    said = {
        "status": status,
        "title": TITLES[status],
        "text": text,
        "lang": lang,
        "incident": getattr(request, "incident", ""),
    }
    return HttpResponse(render_to_string("web/error.html", said), status=status)
