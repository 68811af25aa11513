"""`python -m bangfu` is the command line."""

import sys

from bangfu.cli.main import program

if __name__ == "__main__":
    sys.exit(program())
