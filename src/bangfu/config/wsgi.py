"""The door through which a worker process is asked."""

import atexit
import gc
import multiprocessing
import os
import signal
import threading

from django.core.wsgi import get_wsgi_application
from django.db.backends.signals import connection_created

from bangfu.engine.request import book_of
from bangfu.web.busy import wait_little

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bangfu.config.settings")
application = get_wsgi_application()
connection_created.connect(wait_little)
# What is there from the start stays as long as the worker. Looking through it for what could go took 90 ms of one request in twenty.
book_of(())
gc.collect()
gc.freeze()


def _say_no_more() -> None:
    """The server's threads hold the application to the very end; DuckDB's bindings would then list in the log all that is theirs, as leaked."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


# What is registered before, such as the end of logging, comes after; it has nothing to say.
atexit.register(_say_no_more)


def _end_with_parent() -> None:
    """A worker whose parent was killed would hold the port, with nobody left to seal what it records."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=_end_with_parent, daemon=True).start()
