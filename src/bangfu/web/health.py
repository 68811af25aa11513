"""`/health/`: whether the server can do its work, for whoever supervises it. Strangers learn no more than that."""

import logging
from datetime import datetime, timedelta

from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bangfu.audit.selectors import oldest_waiting
from bangfu.web.migrations_due import migrations_due

LONGEST_WAIT = timedelta(seconds=60)
_logger = logging.getLogger(__name__)


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200, or 503 with the part that fails."""
    failing = _failing(timezone.now())
    if failing:
        return JsonResponse({"status": "failing", "part": failing}, status=503)
    return JsonResponse({"status": "ok"})


def _failing(at: datetime) -> str:
    try:
        if migrations_due():
            return "migrations"
        waiting = oldest_waiting()
    except Error:
        _logger.exception("the database does not answer")
        return "database"
    return "sealing" if waiting and at - waiting > LONGEST_WAIT else ""
