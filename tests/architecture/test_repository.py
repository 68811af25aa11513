"""What must hold of the repository as a whole, whatever the code does."""

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
DEV_LOCK = "requirements-dev.lock"
LOCKS = (
    "requirements.lock",
    "requirements-server.lock",
    "requirements-tools.lock",
    "requirements-spark.lock",
    DEV_LOCK,
)
SCRIPTS = ("setup", "run", "test", ".ci/run")

# Written in parts, so that this file does not hold what it forbids.
HOME_FOLDERS = ("home", "root", "Users", "work", "opt", "mnt")
ABSOLUTE_PATH = re.compile(rf"(?<![\w.~)}}-])/(?:{'|'.join(HOME_FOLDERS)})/|\b[A-Z]:\\Users\\")
REGISTRY_HOSTS = (
    *("pypi", "org"),
    *("pythonhosted", "org"),
    *("npmjs", "org"),
    *("npmmirror", "com"),
    *("yarnpkg", "com"),
    *("deb.debian", "org"),
)
REGISTRY = re.compile(
    "|".join(
        [f"{re.escape(name)}[.]{tld}" for name, tld in zip(REGISTRY_HOSTS[::2], REGISTRY_HOSTS[1::2], strict=True)]
        + [r"\bmirrors?[.][\w-]+[.](?:com|cn|edu|net|org)\b"]
    )
)
MARKDOWN_LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.fixture(scope="session")
def repository_files() -> list[str]:
    """Every file that is, or with the next commit could be, in the repository."""
    if not (ROOT / ".git").exists():  # an unpacked source archive: every file there is
        made = (".venv", "var", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis")
        files = (p.relative_to(ROOT) for p in ROOT.rglob("*") if p.is_file())
        return sorted(p.as_posix() for p in files if not set(p.parts) & set(made))
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted(name for name in listing.split("\0") if name and (ROOT / name).is_file())


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def lines_with(pattern: re.Pattern[str], files: list[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()}"
        for name in files
        for number, line in enumerate(read(name).splitlines(), start=1)
        if pattern.search(line)
    ]


def requirements(name: str) -> dict[str, Requirement]:
    """What an .in file asks for by itself, by canonical name."""
    asked = [line for line in read(name).splitlines() if line and not line.startswith(("#", "-"))]
    return {canonicalize_name(r.name): r for r in map(Requirement, asked)}


def locked(name: str) -> dict[str, str]:
    """The exact version of every package in a lock."""
    return {m[1]: m[2] for m in re.finditer(r"^([a-z0-9-]+)==(\S+)", read(name), re.MULTILINE)}


def test_no_file_names_a_folder_of_somebodys_machine(repository_files: list[str]) -> None:
    assert lines_with(ABSOLUTE_PATH, repository_files) == []


def test_nothing_kept_is_a_link_to_somewhere_else() -> None:
    """It would hold a folder of one machine, and whoever reads the files would pass it over."""
    if not (ROOT / ".git").exists():  # an unpacked source archive has no index
        assert [p for p in ROOT.iterdir() if p.is_symlink()] == []
        return
    staged = subprocess.run(["git", "ls-files", "-s", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert [entry for entry in staged.stdout.split("\0") if entry.startswith(("120000", "160000"))] == []


def test_no_file_names_a_package_registry(repository_files: list[str]) -> None:
    assert lines_with(REGISTRY, repository_files) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_a_hash_for_every_package_and_no_address(lock: str) -> None:
    text = read(lock)
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry or "==" not in entry] == []
    assert "://" not in text


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_answers_what_its_list_asks(lock: str) -> None:
    versions = locked(lock)
    asked = requirements(lock.replace(".lock", ".in"))
    assert [str(r) for name, r in asked.items() if not r.specifier.contains(versions.get(name, "0"))] == []


def test_the_dev_lock_holds_the_other_locks_unchanged() -> None:
    others = {**locked("requirements.lock"), **locked("requirements-server.lock"), **locked("requirements-tools.lock")}
    assert others.items() <= locked(DEV_LOCK).items()


def test_the_package_asks_for_what_is_locked() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    assert set(map(Requirement, project["project"]["dependencies"])) == set(requirements("requirements.in").values())
    for extra, asked in project["project"]["optional-dependencies"].items():
        assert set(map(Requirement, asked)) == set(requirements(f"requirements-{extra}.in").values())
    built_with = Requirement(project["build-system"]["requires"][0])
    assert built_with == requirements("requirements-tools.in")["hatchling"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_can_be_run(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], cwd=ROOT, check=False).returncode == 0


def test_decisions_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in (ROOT / "docs/decisions").iterdir())
    assert [name for name in names if not re.fullmatch(r"\d{4}-[a-z0-9]+(-[a-z0-9]+)*\.md", name)] == []
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


def test_links_in_documents_lead_somewhere(repository_files: list[str]) -> None:
    dead = [
        f"{name}: {target}"
        for name in repository_files
        if name.endswith(".md")
        for target in MARKDOWN_LINK.findall(read(name))
        if not re.match(r"[a-z]+:|#", target) and not (ROOT / name).parent.joinpath(target.split("#")[0]).exists()
    ]
    assert dead == []


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without network from the source archive and so from nothing that lies about."""
    folder = tmp_path_factory.mktemp("wheel")
    build(ROOT, "sdist", folder)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as sources:
        sources.extractall(folder, filter="data")
    build(folder / archive.name.removesuffix(".tar.gz"), "wheel", folder)
    (built,) = folder.glob("*.whl")
    return built


def build(source: Path, target: str, into: Path) -> None:
    run([sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)], cwd=source)


def run(command: list[str], *, cwd: Path) -> str:
    """Run without the settings that would let a checkout shine through. Fails with what the command said."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV_", "VIRTUAL_ENV"))}
    done = subprocess.run(
        command, cwd=cwd, env=env | {"PYTHONUTF8": "1"}, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_the_wheel_holds_code_data_and_rulebook(wheel: Path, repository_files: list[str]) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    code = {name.removeprefix("src/") for name in repository_files if name.startswith("src/")}
    rules = {f"bangfu/{name}" for name in repository_files if name.startswith("rules/")}
    assert "bangfu/kernel/schema.yaml" in packed
    assert packed == code | rules


def test_an_installed_wheel_works_far_from_the_repository(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    venv.EnvBuilder(with_pip=False, symlinks=True).create(home)
    python = home / "bin/python"
    run(
        [sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-deps", "--python", str(python), str(wheel)],
        cwd=tmp_path,
    )
    # The packages it depends on are borrowed from this environment; a folder named in a .pth file brings no
    # .pth files of its own, so the checkout that is installed here in place stays out of sight.
    here, there = (
        sysconfig.get_path("purelib", "venv", {"base": str(base), "platbase": str(base)}) for base in (sys.prefix, home)
    )
    Path(there, "borrowed.pth").write_text(f"{here}\n", encoding="utf-8")

    origin = run([str(python), "-c", "import bangfu; print(bangfu.__file__)"], cwd=tmp_path)
    assert Path(origin.strip()).is_relative_to(home)
    run([str(python), "-m", "bangfu", "rulebook", "check"], cwd=tmp_path)
    run([str(home / "bin/bangfu"), "rulebook", "check"], cwd=tmp_path)
