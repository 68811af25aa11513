"""`bangfu serve`: the desk in the browser, with the sealer and the process for jobs beside it, until told to stop."""

import argparse
import multiprocessing
from datetime import UTC, datetime

from django.conf import settings
from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels
from granian.server import MPServer

from bangfu.audit.sealer import Sealer, sealing
from bangfu.cli.screen import Screen
from bangfu.config.housekeeping import hourly
from bangfu.config.job_process import name_of, working
from bangfu.config.jobs import Jobs
from bangfu.config.readiness import Listening, ready
from bangfu.kernel.words import Text

# A request takes one while it waits for the database.
THREADS = 8
# What a person sends, and waits for, ends within this; then a worker that will not stop is stopped.
STOP_WITHIN_S = 30


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0 once stopped by SIGTERM or SIGINT; refusals are raised."""
    listening = Listening(
        given.host, given.port, given.certificate, given.key, behind_proxy=given.behind_proxy, workers=given.workers
    )
    ring = ready(listening)
    # A worker that is forked would share this process's database connections; one that is spawned shares the port alone.
    multiprocessing.set_start_method("spawn")
    server = _server(listening)
    server.on_startup(lambda: _tell(listening, screen))
    sealer = Sealer(ring, settings.CHECKPOINTS_FILE, lambda: datetime.now(UTC), hourly)
    name = name_of(given.port)
    # Before the hourly work, which gives up runs that nobody carries on: this server does, however long it was off.
    Jobs(name).take_up_abandoned()
    with sealing(sealer), working(name):
        server.serve()
    screen.say(Text("已停止。", "Stopped."))
    return 0


def _server(listening: Listening) -> MPServer:
    return MPServer(
        "bangfu.config.wsgi:application",
        address=listening.host,
        port=listening.port,
        interface=Interfaces.WSGI,
        workers=listening.workers,
        blocking_threads=THREADS,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_WITHIN_S,
        log_level=LogLevels.error,
        log_dictconfig=settings.LOGGING,
        ssl_cert=listening.certificate,
        ssl_key=listening.key,
        ssl_protocol_min=SSLProtocols.tls12,
    )


def _tell(listening: Listening, screen: Screen) -> None:
    address = listening.address
    screen.say(Text(f"正在提供服务：{address}（Ctrl+C 停止）", f"Serving at {address} (Ctrl+C to stop)"))
    screen.flush()
