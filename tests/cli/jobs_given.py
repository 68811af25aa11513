"""The job of tests.cli.jobs."""

import os
from pathlib import Path

from django_tasks import task


@task
def write(path: str) -> None:
    """The process's id, a line each time."""
    with Path(path).open("a") as file:
        file.write(f"{os.getpid()}\n")
