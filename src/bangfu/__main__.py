"""`python -m bangfu` is the command line."""

import sys

from bangfu.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
