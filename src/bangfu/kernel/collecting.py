"""Python's collector of garbage, set aside where it would look again and again through what is only being made."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """For work of a second at most that makes many objects to stay: looking through them took a third of reading and compiling a rulebook."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def set_aside() -> Iterator[None]:
    """While this lasts, what is there already (packages, mostly) is not looked through. Not left so: the interpreter's end takes it apart."""
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
