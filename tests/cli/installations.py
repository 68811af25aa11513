"""Installations to try the server's commands on: a folder and a database of their own, and the processes that use them."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.cli.warm import run_module

ROOT = Path(__file__).resolve().parents[2]
# No promise of how fast anything is: on a machine with much else to do, a start alone takes half a minute.
PATIENCE_S = 60
ENOUGH_S = 240
# A server gives its workers and its job process half a minute each before it kills them.
STOPPED_WITHIN_S = 120


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes


@dataclass(frozen=True)
class Served:
    """A server that runs, and what it wrote to its log."""

    process: subprocess.Popen[str]
    port: int
    log_file: Path

    def get(self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, headers=dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, and wait until it has; the exit code."""
        self.process.send_signal(how)
        try:
            return self.process.wait(STOPPED_WITHIN_S)
        finally:
            # Nothing of one test may go on into the next.
            self.process.kill()
            self.process.wait()


@dataclass(frozen=True)
class Installation:
    folder: Path
    env: Mapping[str, str]

    def with_env(self, **variables: str) -> "Installation":
        return replace(self, env={**self.env, **variables})

    def bangfu(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.module("bangfu", *words)

    def module(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        return run_module(name, words, cwd=ROOT, env=self.env, timeout=ENOUGH_S)

    def python(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env=dict(self.env),
            capture_output=True,
            encoding="utf-8",
            timeout=ENOUGH_S,
            check=False,
        )

    def numbers(self, query: str) -> list[int]:
        """The first column of a query, asked past the program."""
        return [int(row[0]) for row in self.sql(query)]

    def sql(self, statement: str) -> list[Any]:
        """Run one statement with all rights over the database, as someone else would who has them."""
        url = self.env["DATABASE_URL"]
        if url:
            with psycopg.connect(url, autocommit=True) as connection:
                done = connection.execute(statement.encode())
                return done.fetchall() if done.description else []
        with closing(sqlite3.connect(self.folder / "bangfu.sqlite3", timeout=PATIENCE_S)) as file, file:
            return file.execute(statement).fetchall()

    def start(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, env=dict(self.env), stdout=subprocess.PIPE, encoding="utf-8"
        )

    @contextmanager
    def serving(self, *options: str) -> Iterator[Served]:
        """A server that answers already; stopped at the end, if it still runs."""
        port = free_port()
        log_file = self.folder / f"{port}.log"
        with log_file.open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "bangfu", "serve", "--port", str(port), *options],
                cwd=ROOT,
                env=dict(self.env),
                stdout=log,
                stderr=log,
                encoding="utf-8",
            )
        served = Served(process, port, log_file)
        try:
            until(lambda: process.poll() is not None or is_taken(port))
            assert process.poll() is None, served.log()
            yield served
        finally:
            if process.poll() is None:
                served.stop()


@dataclass(frozen=True)
class Demo:
    """The demo district: its register, the list of a bank that goes with it, and where the register was imported, in how many seconds."""

    register: Path
    bank_list: Path
    imported: Installation
    seconds: float


def new_installation(folder: Path, like: Installation | None = None) -> Installation:
    """An empty installation, or a copy of one that is not in use."""
    if like:
        shutil.copytree(like.folder, folder)
    url = new_database(like) if "DATABASE_URL" in os.environ else ""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BANGFU_", "DJANGO_", "COV_"))}
    env = {**kept, "PYTHONPATH": str(ROOT / "src"), "BANGFU_DATA": str(folder), "PYTHONUTF8": "1", "DATABASE_URL": url}
    return Installation(folder, env)


def new_database(like: Installation | None) -> str:
    """A database of its own on the server that DATABASE_URL names."""
    server = urlsplit(os.environ["DATABASE_URL"])
    name = f"bangfu_{uuid.uuid4().hex}"
    template = urlsplit(like.env["DATABASE_URL"]).path.lstrip("/") if like else "template1"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    return urlunsplit(server._replace(path=f"/{name}"))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(condition: Callable[[], object]) -> None:
    """Wait until it holds. Fails where it does not within our patience."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.05)


def marks_of(installation: Installation) -> list[int]:
    """The numbers of the checkpoints that were left."""
    path = installation.folder / "checkpoints.jsonl"
    return [json.loads(line)["number"] for line in path.read_text().splitlines()] if path.exists() else []
