from typing import Any

from django import forms

from bangfu.audit.acts import acts
from bangfu.kernel.words import Text
from bangfu.web.forms import Day, WordedForm, set_choices


class AskForm(WordedForm):
    """What part of the record is asked for. By number and not by name, so that it may stand in an address."""

    labels = {
        "actor": Text("谁做的", "Done by"),
        "subject": Text("对谁、对什么", "Done to"),
        "act": Text("事项", "Act"),
        "since": Text("从", "From"),
        "until": Text("到", "Until"),
    }
    actor = forms.RegexField(r"^(account:\d+|system:[a-z]+|anonymous)$", required=False)
    subject = forms.RegexField(r"^[a-z]+:\d+$", required=False)
    act = forms.ChoiceField(required=False)
    since = Day(required=False)
    until = Day(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "act", [("", "—"), *((name, text.say(self.lang)) for name, text in acts().items())])
