"""Ask pages again and again, and tell how long each takes: `python -m bench.asking ROUNDS OUT.json`, under an installation's environment.

Run by bench.pages after the register was filled and assessed. Whole requests, from the address to the last byte, without the network.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any


def main(rounds: int, out: Path) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bangfu.config.settings"
    # As a server's worker begins.
    __import__("bangfu.config.wsgi")
    from django.conf import settings  # noqa: PLC0415  # not before Django is set up
    from django.db import connection, reset_queries  # noqa: PLC0415

    from bench.asking_pages import pages  # noqa: PLC0415

    told: dict[str, Any] = {}
    for name, ask in pages().items():
        ask()
        settings.DEBUG = True
        reset_queries()
        ask()
        queries = [(float(each["time"]), each["sql"]) for each in connection.queries]
        settings.DEBUG = False
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            ask()
            times.append((time.perf_counter() - began) * 1000)
        times.sort()
        slowest, sql = max(queries)
        told[name] = {
            "p50": round(statistics.median(times), 1),
            "p95": round(times[min(len(times) - 1, int(len(times) * 0.95))], 1),
            "queries": len(queries),
            "slowest": [round(slowest * 1000), sql[:4000]],
        }
    out.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
