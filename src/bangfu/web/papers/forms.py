from datetime import date
from typing import Any

from django import forms

from bangfu.documents.papers import Paper
from bangfu.kernel.words import Lang, Text
from bangfu.web.forms import PastDay, WordedForm, set_choices, set_places

ASSESSED = Text(
    "最近一次评估是按 {} 的情况作的，政策和保障的结论以这一天为准。",
    "The last assessment is as of {}; what it says of policies and guarantees holds for that day.",
)
LABELS = {
    "paper": Text("文书", "Paper"),
    "day": Text("哪一天的情况", "As of which day"),
    "year": Text("收支年度（可不填）", "Income year (may be left out)"),
    "language": Text("语言", "Language"),
}


class PaperForm(WordedForm):
    """Which paper, in which format, of which day. `numbers`: ID numbers in full, for who may.

    The day is at first that of the last assessment, `assessed`: of another day a list of verdicts is empty.
    """

    labels = {
        **LABELS,
        "numbers": Text("印完整证件号码", "Whole ID numbers"),
        "reason": Text("印完整号码的原因", "Why whole numbers are needed"),
    }
    paper = forms.ChoiceField()
    day = PastDay()
    year = forms.IntegerField(min_value=1990, max_value=2100, required=False)
    language = forms.ChoiceField(choices=[("zh", "中文"), ("en", "English")])
    numbers = forms.BooleanField(required=False, widget=forms.CheckboxInput(attrs={"class": "form-check-input"}))
    reason = forms.CharField(max_length=200, required=False)

    def __init__(
        self, *args: Any, lang: Lang, papers: list[Paper], whole: bool, assessed: date | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, lang=lang, **kwargs)
        self.initial["day"] = assessed or self.today
        if assessed is not None:
            self.fields["day"].help_text = ASSESSED.say(lang).format(assessed)
        set_choices(self, "paper", choices_of(papers, lang))
        if not whole:
            del self.fields["numbers"], self.fields["reason"]


class PlacePaperForm(PaperForm):
    labels = {**PaperForm.labels, "place": Text("哪个村或区域", "Of which village or place")}
    place = forms.TypedChoiceField(coerce=int)
    field_order = ("place", "paper", "day", "year", "language", "numbers", "reason")

    def __init__(self, *args: Any, places: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_places(self, places)


def choices_of(papers: list[Paper], lang: Lang) -> list[tuple[str, str]]:
    """Each paper in each of its formats: `roster.xlsx`."""
    said = {"pdf": "PDF", "docx": "Word", "xlsx": "Excel", "zip": "ZIP"}
    return [
        (f"{paper.id}.{format}", f"{paper.label.say(lang)} · {said[format]}")
        for paper in papers
        for format in paper.formats
    ]
