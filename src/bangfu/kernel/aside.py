"""Folders beside everything else, in the system's temporary folder: what is sealed elsewhere lies open in them while it is read or made."""

from tempfile import TemporaryDirectory

# Nobody calls a folder of their own so: what a killed process left under such a name is removed (config/housekeeping.py).
PREFIX = ".bangfu-open-"


def open_folder(what: str) -> "TemporaryDirectory[str]":
    """A folder that its owner alone reads, gone with its context; `what` tells whoever looks at the disk what it is for."""
    return TemporaryDirectory(prefix=f"{PREFIX}{what}-")
