"""Bangfu (帮扶): know each poor household exactly, and what it is due."""

import os

__version__ = "0.1.0"

# Arrow's own pool keeps what it was given once: an import held a fifth more.
# Said by the environment, because it is read when Arrow is loaded, and for the processes that we start.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
# NumPy multiplies no matrices here: threads that wait for some take a processor's time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
