"""Another process that records acts: `python -m tests.cli.writer N`; tells each once it is committed."""

import os
import sys
from datetime import UTC, datetime

import django


def write(count: int) -> None:
    from django.conf import settings  # noqa: PLC0415  # not before Django is set up
    from django.db import transaction  # noqa: PLC0415

    from bangfu.audit.data import Act, By  # noqa: PLC0415
    from bangfu.audit.services import record  # noqa: PLC0415
    from bangfu.privacy.keys import load_ring  # noqa: PLC0415

    ring = load_ring(settings.KEY_RING_FILE)
    for _ in range(count):
        with transaction.atomic():
            entry = record(By("account:1", datetime.now(UTC), ring, "写入"), Act("audit.read"))  # noqa: TID251
        print(entry, flush=True)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "bangfu.config.settings"
    django.setup()
    write(int(sys.argv[1]))
