"""From data to a file: the declaration says what a paper is given, its template lays it out. The same input gives the same bytes."""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import segno

from bangfu.documents.papers import Format, Paper, PaperWrong, Shelf, shelf
from bangfu.documents.tables import write_fillable, write_table
from bangfu.documents.typesetting import Typesetter
from bangfu.kernel.words import Lang, Text

# What neither paper nor XML can hold.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
# What an archive says of when its parts were written, so that it is the same whenever it is.
LONG_AGO = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Foot:
    """What stands on a paper beside its data: as of which day, in which language, under which rulebook, where its code leads, why there
    are no verdicts where there are none, which place a list is of, and to what it is narrowed."""

    day: date
    lang: Lang
    rulebook: str
    address: str
    notice: str = ""
    place: str = ""
    narrowed: str = ""


# To set a paper takes about as long as to make the next ready; a third process would only take memory.
TYPESETTERS = 2


@dataclass(frozen=True, slots=True)
class Press:
    """Shelf and typesetter: what papers are made with."""

    shelf: Shelf
    typesetter: Typesetter

    def made(self, paper: Paper, format: Format, given: Mapping[str, Any], foot: Foot) -> bytes:
        """The file of a paper. Raises PaperWrong for a template that asks for what is not given, DomainError for a format it is not made in."""
        template = self.shelf.template(paper, format)
        papers = [paper, *(self.shelf.paper(each) for each in paper.parts)]
        data = {**around(papers, foot), **printable(given)}
        if format == "pdf":
            return self.typesetter.set(template.name, data, foot.day).body
        if format == "docx":
            # To import what it takes is a tenth of a server's start, and few papers are of Word.
            from bangfu.documents.word import write_word  # noqa: PLC0415

            return write_word(template, data, qr_picture(foot.address) if foot.address else b"")
        if "register" in given:
            return write_fillable(data["register"], foot.lang)
        return write_table(paper, template, data, foot.lang)


@contextmanager
def press(layers: Sequence[Path], fonts: Path) -> Iterator[Press]:
    """A press with these folders of templates laid over the shipped ones."""
    with shelf(layers) as templates, Typesetter(templates, fonts, TYPESETTERS) as typesetter:
        yield Press(templates, typesetter)


def around(papers: Sequence[Paper], foot: Foot) -> dict[str, Any]:
    """What every template is given beside its portions: title, lang, day, day_said, rulebook, place, narrowed, notice, qr (an SVG), and in `forms`
    by id the title, number, version, size and landscape of the paper itself and of its parts."""
    return {
        "title": papers[0].label.say(foot.lang),
        "lang": foot.lang,
        "day": foot.day.isoformat(),
        "day_said": said_in_full(foot.day, foot.lang),
        "rulebook": foot.rulebook,
        "place": foot.place,
        "narrowed": foot.narrowed,
        "notice": foot.notice,
        "qr": qr(foot.address) if foot.address else "",
        "forms": {
            paper.id: {
                "title": paper.label.say(foot.lang),
                "number": paper.form,
                "version": paper.version,
                "size": paper.size,
                "landscape": paper.landscape,
            }
            for paper in papers
        },
    }


def printable(value: Any) -> Any:
    """Without what cannot be printed."""
    if isinstance(value, str):
        return _UNPRINTABLE.sub("", value)
    if isinstance(value, Mapping):
        return {key: printable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [printable(each) for each in value]
    return value


def qr(address: str) -> str:
    """A QR code as a small SVG. Error correction M: paper is folded and handled."""
    return segno.make(address, error="m", micro=False).svg_inline(border=0, omitsize=True)


def qr_picture(address: str) -> bytes:
    """The same as a PNG, for Word."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="png", scale=8, border=0)
    return out.getvalue()


def said_in_full(day: date, lang: Lang) -> str:
    return Text(f"{day.year}年{day.month}月{day.day}日", f"{day.day} {day:%B} {day.year}").say(lang)


def bundled(named: Sequence[tuple[str, bytes]]) -> bytes:
    """A ZIP of files in the order given, with nothing in it that says when it was made."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in named:
            archive.writestr(zipfile.ZipInfo(name, LONG_AGO), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()


__all__ = ["Foot", "PaperWrong", "Press", "bundled", "press"]
