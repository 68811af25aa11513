"""A job for a server to do: `python -m tests.cli.jobs PATH` lets it write to a file which process did it."""

import os
import sys

import django


def main(path: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bangfu.config.settings"
    django.setup()
    from tests.cli.jobs_given import write  # noqa: PLC0415  # not before Django is set up

    write.enqueue(path)


if __name__ == "__main__":
    main(sys.argv[1])
