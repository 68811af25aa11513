"""Pictures of the main pages, of the demo district, as they stand in the documents: `.venv/bin/python docs/screenshots.py`.

What is made once and takes a minute, the district in a server of its own, stays in var/pictures; delete that folder to begin anew.
`--only household` takes those pictures alone whose name holds the word, `--out DIR` puts them elsewhere.
"""

import argparse
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

HERE = Path(__file__).parent
KEPT = HERE.parent / "var" / "pictures"
BANGFU = Path(sys.executable).with_name("bangfu")
DAY = "2017-12-31"
SIZES = {"desk": (1366, 768), "phone": (360, 800)}
# Who the demo has, and whose pages are shown.
ACCOUNTS = ("village", "officer")
LARGEST, COLOURS, PATIENCE_S = 150_000, 256, 60


@dataclass(frozen=True, slots=True)
class Shot:
    """A page as somebody sees it. `first`: a link of that page to follow, `focus`: what is brought to the top."""

    name: str
    who: str
    address: str
    size: str = "desk"
    lang: str = "zh"
    first: str = ""
    focus: str = ""

    @property
    def file(self) -> str:
        return f"{self.name}-{self.size}-{self.lang}.png"


# A household that misses money, as the list finds it.
HOUSEHOLD = {"address": "/households/?gaps=missing", "first": "main tbody a[data-field=head]"}
SHOTS = (
    Shot("home", "village", "/"),
    Shot("home", "village", "/", "phone"),
    Shot("home", "officer", "/", lang="en"),
    Shot("households", "officer", "/households/"),
    Shot("households", "officer", "/households/", lang="en"),
    Shot("household", "village", **HOUSEHOLD),
    Shot("household", "village", **HOUSEHOLD, size="phone"),
    Shot("household", "village", **HOUSEHOLD, lang="en"),
    Shot("tasks", "officer", "/tasks/"),
    Shot("policy", "officer", "/policies/"),
    Shot("policy", "officer", "/policies/", lang="en"),
    Shot("figures", "officer", "/figures/"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "pictures")
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    os.environ["BANGFU_DATA"], os.environ["BANGFU_NIGHT_HOUR"] = str(KEPT / "server"), "off"
    if not (KEPT / "accounts.json").exists():
        shutil.rmtree(KEPT, ignore_errors=True)
        make_district()
    # Style sheets and scripts as they are now.
    bangfu("server", "setup")
    given.out.mkdir(parents=True, exist_ok=True)
    with serving() as server, sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        passwords = json.loads((KEPT / "accounts.json").read_text())
        for shot in SHOTS:
            if given.only in shot.file:
                keep(taken(browser, server, shot, passwords[shot.who]), given.out / shot.file)
        browser.close()
    return 0


def make_district() -> None:
    """As ./run does, and with passwords that the accounts chose."""
    register = KEPT / "register"
    bangfu("synth", "--demo", "--out", str(register))
    bangfu("server", "setup")
    told = bangfu("server", "demo")
    bangfu("import", str(register), "--as-of", DAY, "--apply")
    bangfu("server", "demo", "--households", "--register", str(register))
    bangfu("assess", "--from-registry", "--store", "--as-of", DAY)
    given = dict(re.findall(r"^ *(\w+) +((?:[a-z2-9]{4}-){3}[a-z2-9]{4}) ", told, re.MULTILINE))
    chosen = {who: f"{given[who]}-walnut" for who in ACCOUNTS}
    with serving() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for who, password in chosen.items():
            page = signed_in(browser.new_context(), server, who, given[who])
            fill(page, {"old": given[who], "new": password, "again": password})
        browser.close()
    (KEPT / "accounts.json").write_text(json.dumps(chosen))


def bangfu(*arguments: str) -> str:
    return subprocess.run([BANGFU, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


@contextmanager
def serving() -> Iterator[str]:
    """The desk, on a port that is free."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port = tried.getsockname()[1]
    server = subprocess.Popen(
        [BANGFU, "serve", "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/health/")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            urlopen(address).close()
            return
        except URLError:
            time.sleep(0.2)
    raise SystemExit(f"no answer from {address}")


def signed_in(context: BrowserContext, server: str, who: str, password: str) -> Page:
    page = context.new_page()
    page.goto(server)
    fill(page, {"login": who, "password": password})
    return page


def fill(page: Page, fields: Mapping[str, str]) -> None:
    for name, value in fields.items():
        page.fill(f"#id_{name}", value)
    page.click("main button")


def taken(browser: Browser, server: str, shot: Shot, password: str) -> bytes:
    width, height = SIZES[shot.size]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = signed_in(context, server, shot.who, password)
    if page.get_attribute("html", "lang") != {"zh": "zh-Hans", "en": "en"}[shot.lang]:
        page.click("button[name=language]")
    page.goto(server + shot.address)
    if shot.first:
        page.locator(shot.first).first.click()
    page.wait_for_load_state("networkidle")
    picture = page.screenshot()
    context.close()
    return picture


def keep(picture: bytes, file: Path) -> None:
    """In so few colours that it stays small; what is red stays so, however little of it there is."""
    with Image.open(io.BytesIO(picture)) as whole:
        whole.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            file, optimize=True
        )
    if file.stat().st_size > LARGEST:
        raise SystemExit(f"{file}: {file.stat().st_size} bytes are too many")


if __name__ == "__main__":
    raise SystemExit(main())
