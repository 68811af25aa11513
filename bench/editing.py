"""Edit households one after another and tell how long the assessment after each takes: `python -m bench.editing N OUT.json`."""

import json
import os
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path


def main(edits: int, out: Path) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bangfu.config.settings"
    __import__("django").setup()
    from django.conf import settings  # noqa: PLC0415  # not before Django is set up

    from bangfu.access.policy import system_actor  # noqa: PLC0415
    from bangfu.assessment.services.corrections import correct  # noqa: PLC0415
    from bangfu.audit.data import By  # noqa: PLC0415
    from bangfu.privacy.keys import load_ring  # noqa: PLC0415
    from bangfu.registry.models import Household  # noqa: PLC0415
    from bangfu.registry.services.ledger import NewLine, record_ledger  # noqa: PLC0415

    at = datetime(2017, 12, 31, 2, 0, tzinfo=UTC)
    by, actor = By("system:bench", at, load_ring(settings.KEY_RING_FILE)), system_actor("bench", "officer", at.date())
    every = Household.objects.unscoped("measured").order_by("pk").values_list("pk", flat=True)
    chosen = list(every[:: max(1, len(every) // (edits + 1))][: edits + 1])
    editing, assessing, reckoning = [], [], []
    for household in chosen:
        began = time.perf_counter()
        record_ledger(by, actor, household, 2017, [NewLine("crop", 123_456)])
        edited, reckoned = time.perf_counter(), time.process_time()
        assert correct(household, at)
        assessing.append(time.perf_counter() - edited)
        reckoning.append(time.process_time() - reckoned)
        editing.append(edited - began)
    # The first one compiles the rulebook.
    told = {
        name: _told(each[1:])
        for name, each in (("edit", editing), ("assessment", assessing), ("assessment, CPU", reckoning))
    }
    out.write_text(json.dumps({**told, "first assessment": round(assessing[0] * 1000, 1)}), encoding="utf-8")


def _told(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "median": round(statistics.median(ordered) * 1000, 1),
        "p95": round(ordered[int(len(ordered) * 0.95)] * 1000, 1),
        "most": round(ordered[-1] * 1000, 1),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
