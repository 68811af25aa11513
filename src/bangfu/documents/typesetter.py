"""A process that sets type and does nothing else: jobs come in on standard input, papers go out on standard output.

Templates are programs of a kind, which an office may write. Here they find a folder that holds templates alone, no network (whatever
would be fetched is asked of a proxy that is not there), no settings and no keys; whoever started this process ends it when it takes too long.

A job is a line of JSON: file, data, format, day, archive. An answer is a line of JSON: sizes of what follows, one a page for pictures, warnings; or error.
"""

import json
import re
import resource
import sys
from datetime import UTC, datetime
from typing import Any

import typst

# Far beyond any paper; an endless template meets it before the machine's own end.
MEMORY = 4 << 30
NO_FACE = "PDF/A-2b error: the text "
_PLACE = re.compile(r"┌─ (.+?):(\d+):\d+")


def main() -> None:
    root, fonts = sys.argv[1], sys.argv[2:]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    compiler = typst.Compiler(
        root=root, font_paths=fonts, ignore_system_fonts=True, package_path=root, package_cache_path=root
    )
    for line in sys.stdin.buffer:
        answer, pages = _set(compiler, root, json.loads(line))
        sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n" + b"".join(pages))
        sys.stdout.buffer.flush()


def _set(compiler: Any, root: str, job: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    try:
        made, warnings = _compiled(compiler, root, job, ["a-2b"] if job["format"] == "pdf" else [])
    except typst.TypstError as problem:
        if not str(problem.message).startswith(NO_FACE):
            return {"error": _told(problem, root)}, []
        # A character that no face has is no reason to print nothing: it becomes an empty box, which no archive takes.
        made, warnings = _compiled(compiler, root, job, [])
    pages = [made] if isinstance(made, bytes) else list(made)
    return {"sizes": [len(page) for page in pages], "warnings": [_told(each, root) for each in warnings]}, pages


def _compiled(compiler: Any, root: str, job: dict[str, Any], standards: list[str]) -> Any:
    return compiler.compile_with_warnings(
        input=f"{root}/{job['file']}",
        format=job["format"],
        sys_inputs=job["inputs"],
        timestamp=datetime.combine(datetime.fromisoformat(job["day"]), datetime.min.time(), UTC),
        pdf_standards=standards,
        ppi=job["ppi"] if job["format"] == "png" else None,
    )


def _told(problem: Any, root: str) -> dict[str, Any]:
    """What is wrong, and the first place of a template that it is seen at."""
    said = str(getattr(problem, "diagnostic", None) or problem)
    places = _PLACE.findall(said)
    file, line = places[0] if places else ("", "0")
    return {"message": str(problem.message).replace(f"{root}/", ""), "file": file.rpartition("/")[2], "line": int(line)}


if __name__ == "__main__":
    main()
