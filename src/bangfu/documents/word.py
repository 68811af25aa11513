"""Word copies of papers: a .docx with fields in double braces, filled in; what is filled in is text, whatever it looks like."""

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment

from bangfu.documents.papers import PaperWrong
from bangfu.kernel.words import Text

LONG_AGO = (1980, 1, 1, 0, 0, 0)
CODE = Mm(20)
_TAGS = re.compile(r"<[^>]+>")


def write_word(template: Path, data: Mapping[str, Any], code: bytes) -> bytes:
    """Fill in a .docx; `code` is a picture (PNG) of where the paper's code leads, b"" for none. Raises PaperWrong with the line of the document, counted in paragraphs, that asks for what is not given."""
    # No loader: a template includes nothing. The sandbox lets it look at data, and call nothing of Python's.
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    try:
        document = DocxTemplate(template)
        shown = InlineImage(document, io.BytesIO(code), width=CODE) if code else ""
        document.render({**data, "qr": shown}, environment, autoescape=True)
    except TemplateSyntaxError as problem:
        raise PaperWrong(
            template.name, _line_of(template, problem), Text(f"写法不对：{problem.message}", str(problem.message))
        ) from problem
    except UndefinedError as problem:
        raise PaperWrong(
            template.name,
            _line_of(template, problem),
            Text(f"资料里没有这一项：{_named(problem)}", str(problem.message)),
        ) from problem
    except TemplateError as problem:
        raise PaperWrong(template.name, 0, Text(f"不能这样写：{problem.message}", str(problem.message))) from problem
    except (zipfile.BadZipFile, KeyError, ValueError) as problem:
        raise PaperWrong(template.name, 0, Text("不是 Word 文档", "it is no Word document")) from problem
    out = io.BytesIO()
    document.save(out)
    return _undated(out.getvalue())


def _undated(body: bytes) -> bytes:
    """The same document without the moment at which its parts were written."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, LONG_AGO), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _named(problem: TemplateError) -> str:
    """The field that jinja stumbled over: the last word in quotes that it names."""
    return next(reversed(re.findall(r"'([^']+)'", str(problem.message))), "")


def _line_of(template: Path, problem: TemplateError) -> int:
    """The paragraph, counted from 1, with the field that jinja stumbled over."""
    word = _named(problem)
    with zipfile.ZipFile(template) as archive:
        paragraphs = re.split(r"(?=<w:p[ >])", archive.read("word/document.xml").decode())[1:]
    texts = [_TAGS.sub("", each) for each in paragraphs]
    return next((number for number, text in enumerate(texts, 1) if word and word in text and "{" in text), 0)
