"""An installation that is made to be measured, on either database, and the register that is brought into it."""

import os
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bangfu.engine.synth.output import Format
from bangfu.kernel.divisions import villages
from bench.data import ROOT, write_register
from bench.measure import Measured, measure

# Two subdistricts of real villages, as in the demo district.
TOWNSHIPS = ("371102008", "371102009")
DAY = ("--as-of", "2017-12-31")


@dataclass(frozen=True, slots=True)
class Installation:
    """What programs have to know to run in it; its data lies in a folder of its own."""

    environment: Mapping[str, str]

    @classmethod
    def at(cls, data: Path) -> Self:
        """One with its data in this folder, and a new database on the server that DATABASE_URL names; without that, SQLite."""
        path = f"{ROOT / 'src'}{os.pathsep}{ROOT}"
        return cls({**os.environ, "BANGFU_DATA": str(data), "DATABASE_URL": _database(), "PYTHONPATH": path})

    def run(self, *words: str) -> Measured:
        """A command of the program. Raises CommandFailed."""
        return self.module("bangfu", *words)

    def module(self, name: str, *words: str) -> Measured:
        """Any module's. Raises CommandFailed."""
        return measure([sys.executable, "-m", name, *words], cwd=ROOT, environment=self.environment)

    def store(self) -> Measured:
        """A run over the register whose verdicts then stand."""
        return self.run("assess", "--from-registry", "--store", *DAY)


def kind() -> str:
    return "PostgreSQL" if os.environ.get("DATABASE_URL") else "SQLite"


def register_of(folder: Path, households: int, *, format: Format = "csv") -> Path:
    """A synthetic register whose villages are such as an installation knows."""
    out = folder / "register"
    known = [village for township in TOWNSHIPS for village in villages(township)]
    write_register(out, households, villages=known, error_rate=0.0, format=format)
    return out


def _database() -> str:
    server = os.environ.get("DATABASE_URL")
    if not server:
        return ""
    name = f"bangfu_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
