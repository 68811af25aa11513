"""The prepared register on disk: one folder a region, six Parquet files each, and a manifest that vouches for them.

What only reads snapshots needs nothing of how they are made, so this room's door shows the reading alone.
"""

from bangfu.engine.snapshot.read import Snapshot, attach, is_snapshot, load, open_snapshot, read_in

__all__ = ["Snapshot", "attach", "is_snapshot", "load", "open_snapshot", "read_in"]
