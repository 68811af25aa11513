"""Fill an installation's registry with a register quickly: `python -m bench.filling REGISTER`, under the installation's environment.

For measuring what reads the registry: versions, lines and acts are those of an import, but the numbers are sealed with nothing, and nothing
is compared. A registry filled so is of no other use.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def main(register: Path) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bangfu.config.settings"
    __import__("django").setup()
    from bench.filling_rows import fill_registry  # noqa: PLC0415  # not before Django is set up

    fill_registry(register, datetime(2017, 12, 31, 1, 0, tzinfo=UTC))


__all__: Any = ("main",)

if __name__ == "__main__":
    main(Path(sys.argv[1]))
