from typing import Any

from django import forms

from bangfu.casework.kinds import kinds, zero_errors
from bangfu.casework.printed import LABELS, NOBODYS
from bangfu.casework.selectors import STANDINGS
from bangfu.casework.services.tasks import LONGEST_REASON
from bangfu.casework.states import Proof
from bangfu.kernel.words import Text
from bangfu.web.forms import CHOOSE, Choices, Day, WordedForm, set_choices

TICK = {"class": "form-check-input"}
# More than any row's number, and less than a database can take.
LARGEST = 10**15
EVERY = Text("全部", "all")


class FilterForm(WordedForm):
    """What a list is narrowed to; every field may be left out."""

    labels = LABELS
    standing = forms.ChoiceField(required=False)
    kind = forms.ChoiceField(required=False)
    zero = forms.ChoiceField(required=False)
    place = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    post = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    mine = forms.BooleanField(required=False, widget=forms.CheckboxInput(attrs=TICK))
    overdue = forms.BooleanField(required=False, widget=forms.CheckboxInput(attrs=TICK))
    money = forms.BooleanField(required=False, widget=forms.CheckboxInput(attrs=TICK))
    # Where another page leads here: a household, a check or a policy.
    household = forms.IntegerField(required=False, min_value=1, max_value=LARGEST, widget=forms.HiddenInput)
    about = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, places: Choices, owners: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = ("", EVERY.say(self.lang))
        set_choices(self, "standing", [(name, text.say(self.lang)) for name, (_, text) in STANDINGS.items()])
        set_choices(self, "kind", [every, *((kind.name, kind.text.say(self.lang)) for kind in kinds().values())])
        set_choices(self, "zero", [every, *((zero.name, zero.text.say(self.lang)) for zero in zero_errors().values())])
        set_choices(self, "place", [every, *places])
        set_choices(self, "post", [every, (0, NOBODYS.say(self.lang)), *owners])


class ReasonForm(WordedForm):
    """A step that asks for no more than why. `seen` is the state that whoever decides has before them, `verdict` what the assessment says."""

    labels = {"reason": Text("为什么", "Why")}
    helps = {"reason": Text("写在任务里，也会留痕。", "It stays with the task, and in the record.")}
    seen = forms.CharField(max_length=16, widget=forms.HiddenInput)
    verdict = forms.IntegerField(required=False, min_value=0, max_value=LARGEST, widget=forms.HiddenInput)
    reason = forms.CharField(max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 3}))


class GroundsForm(ReasonForm):
    """A step that closes: what it rests on beside the reason, of the household's papers and of what was recorded of it."""

    labels = {**ReasonForm.labels, "ground": Text("依据", "It rests on")}
    helps = {
        **ReasonForm.helps,
        "ground": Text(
            "可以选档案袋里的一份资料，或新登记的事实；没有时只写说明。",
            "A paper of the dossier, or something that was recorded; where there is neither, what you write.",
        ),
    }
    field_order = ("seen", "verdict", "ground", "reason")
    ground = forms.ChoiceField()

    def __init__(self, *args: Any, grounds: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "ground", [(Proof.TEXT.value, Text("文字说明", "what is written").say(self.lang)), *grounds])


class PostponeForm(ReasonForm):
    labels = {**ReasonForm.labels, "due_on": Text("新的期限", "New deadline")}
    field_order = ("seen", "verdict", "due_on", "reason")
    due_on = Day()


class AssignForm(WordedForm):
    """To whom a task is given. Nobody is chosen beforehand but its owner: who merely presses the button gives it to no one."""

    labels = {
        "post": Text("交给哪个岗位", "To which post"),
        "due_on": Text("期限（不填则不变）", "Deadline (empty: as it is)"),
    }
    post = forms.TypedChoiceField(coerce=int)
    due_on = Day(required=False)

    def __init__(self, *args: Any, owners: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "post", [("", CHOOSE.say(self.lang)), *owners])
