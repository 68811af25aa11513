"""What the pages of a household ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.places.selectors import PlaceRow
from bangfu.registry.data import Inherited
from bangfu.registry.facts import Field, Group, codes
from bangfu.registry.values import UNKNOWN, Value, entered, typed
from bangfu.web.forms import CHOOSE, Day, Files, Moment, PastDay, WordedForm, dress, set_choices
from bangfu.web.households.overtaken import OvertakenForm
from bangfu.web.households.villages import NAME_SIGNS, PICKED, VILLAGE, suggest_villages

SINCE = Text("从哪天起是这样", "Since which day")
SOURCE = Text("凭什么登记", "On what grounds")
# Nobody's lies ahead; other days that are facts may.
BIRTH = "birth_date"
CARRY, LEAVE = "carry", "leave"
ANOTHER = "another"
_CARRIES = (
    (CARRY, Text("一并更正", "correct them too")),
    (LEAVE, Text("保留不动", "leave them as they are")),
)
_YES_NO = (("1", Text("是", "yes")), ("0", Text("否", "no")))


class AsOfForm(WordedForm):
    labels = {
        "day": Text("看哪一天的情况", "As of which day"),
        "known": Text("按什么时候所知（可不填）", "As known when (may be left empty)"),
    }
    day = PastDay(required=False)
    known = Moment(required=False)


class FactsForm(OvertakenForm):
    """The facts of one group, made of their list. `version` is the one that was shown, so that two who change it are told apart.

    `ask`: the fact that somebody came to fill in.
    """

    labels = {
        "valid_from": SINCE,
        "source": SOURCE,
        "carry": Text("以后各次登记中沿用的旧值", "Later records that still hold the old value"),
    }
    helps = {"source": Text("例如：入户核实、低保证", "Such as: seen at the home, dibao certificate")}
    valid_from = Day()
    source = forms.CharField(max_length=200, required=False)
    # Asked only where something later inherits the old value.
    carry = forms.ChoiceField(required=False, widget=forms.HiddenInput, choices=[("", ""), (CARRY, ""), (LEAVE, "")])
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, group: Group, values: Mapping[str, Value], lang: Lang, ask: str = "", **kwargs: Any
    ) -> None:
        self.group, self.known = group, values
        made = {name: _asked(field, lang) for name, field in typed_fields(group).items()}
        kwargs["initial"] = {
            **kwargs.get("initial", {}),
            **shown_in_form(group, values),
        }
        super().__init__(*args, lang=lang, **kwargs)
        for name, field in made.items():
            dress(field, self.lang, self.today)
            if name == ask:
                field.widget.attrs["autofocus"] = True
        self.fields = {**{f"fact_{name}": field for name, field in made.items()}, **self.fields}

    def clean(self) -> dict[str, Any]:
        """`facts`: what differs from what was shown."""
        given = super().clean() or {}
        facts: dict[str, Value] = {}
        for name, field in typed_fields(self.group).items():
            if f"fact_{name}" not in given:
                continue
            try:
                value = _value(field, given[f"fact_{name}"])
            except DomainError as refusal:
                self.add_error(f"fact_{name}", refusal.say(self.lang))
                continue
            if value != self.known.get(name):
                facts[name] = value
        return {**given, "facts": facts}

    def ask_carry(self, later: Sequence[Inherited]) -> None:
        """Show which later versions hold the old value, and ask what is to become of them. Raises DomainError where there are any."""
        if not later:
            return
        fields = self.group.fields
        comma, stop = Text("、", ", ").say(self.lang), Text("；", "; ").say(self.lang)
        told = stop.join(
            f"{each.valid_from} {comma.join(fields[name].label.say(self.lang) for name in each.fields)}"
            for each in later
        )
        self.fields["carry"].widget = forms.Select(
            choices=[("", "—"), *((value, text.say(self.lang)) for value, text in _CARRIES)]
        )
        dress(self.fields["carry"], self.lang)
        raise DomainError(
            "LATER_INHERIT",
            Text(
                f"这些以后的登记里还是旧值：{told}。请在“以后各次登记中沿用的旧值”里选择是否一并更正，再保存。",
                f"These later records still hold the old value: {told}. Choose below whether to correct them too, then save.",
            ),
        )


class AssignForm(WordedForm):
    labels = {"post": Text("哪个岗位", "Which post"), "on": Text("从哪天起", "From which day")}
    post = forms.TypedChoiceField(coerce=int)
    on = Day()

    def __init__(self, *args: Any, posts: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "post", [("", CHOOSE.say(self.lang)), *posts])


class TogetherForm(AssignForm):
    """The same for several households, for one reason."""

    labels = {**AssignForm.labels, "reason": Text("原因", "Reason")}
    reason = forms.CharField(max_length=200)


class EndForm(WordedForm):
    labels = {"on": Text("从哪天起不再帮扶", "First day without it"), "reason": Text("原因", "Reason")}
    on = Day()
    reason = forms.CharField(max_length=200)


class HouseholdForm(WordedForm):
    labels = {
        "number": Text("户编号", "Number of the household"),
        "village": VILLAGE,
        "hamlet": Text("自然村（组）", "Hamlet or group"),
        "status": Text("脱贫状态", "Status"),
        "head": Text("户主的人编号", "Number of the head"),
        "name": Text("户主姓名", "Name of the head"),
        "sex": Text("性别", "Sex"),
        "born": Text("出生日期", "Born on"),
        "on": Text("从哪天起", "From which day"),
        "source": SOURCE,
    }
    helps = {"village": PICKED}
    number = forms.CharField(max_length=32)
    village = forms.CharField(max_length=NAME_SIGNS)
    hamlet = forms.CharField(max_length=100, required=False)
    status = forms.ChoiceField()
    head = forms.CharField(max_length=32)
    name = forms.CharField(max_length=100)
    sex = forms.ChoiceField(required=False)
    born = PastDay(required=False)
    on = Day()
    source = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, villages: Sequence[PlaceRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        suggest_villages(self.fields["village"], villages)
        dress(self.fields["village"], self.lang)
        for name in ("status", "sex"):
            listed = [(code, each.label.say(self.lang)) for code, each in schema().codes[name].items()]
            set_choices(self, name, [("", "—"), *listed])


class LineForm(OvertakenForm):
    labels = {
        "year": Text("年度", "Year"),
        "item": Text("收支项目", "Item"),
        "amount": Text("金额（元）", "Amount in yuan"),
        "person": Text("谁的", "Whose"),
        "note": Text("凭据或说明", "Evidence or note"),
    }
    year = forms.IntegerField()
    item = forms.ChoiceField()
    amount = forms.CharField(max_length=16)
    person = forms.TypedChoiceField(coerce=int, required=False, empty_value=None)
    note = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, members: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contract = schema()
        grouped = [
            (text.say(self.lang), [(item, contract.label("item", item, self.lang)) for item in contract.items_of(name)])
            for name, text in contract.item_groups.items()
        ]
        set_choices(self, "item", grouped)
        set_choices(self, "person", [("", Text("全户", "the household").say(self.lang)), *members])


@dataclass(frozen=True, slots=True)
class PolicyChoice:
    """A policy to choose, and the ledger items as which its money is booked."""

    id: str
    label: str
    items: tuple[str, ...]


class ReceiptForm(OvertakenForm):
    labels = {
        "policy": Text("政策", "Policy"),
        "year": Text("年度", "Year"),
        "amount": Text("金额（元）", "Amount in yuan"),
        "person": Text("谁领的", "Whose"),
        "paid_on": Text("发放日期", "Paid on"),
        "another": Text("是不是另一笔", "Whether it is another payment"),
    }
    helps = {
        "policy": Text(
            "同时自动记入的收支项目写在每组政策上面，不用再登记一次。",
            "The ledger items as which it is booked at once stand over each group of policies; do not enter them again.",
        ),
        "paid_on": Text("全年合计可以留空。", "Leave it empty for a year's total."),
    }
    policy = forms.ChoiceField()
    year = forms.IntegerField()
    amount = forms.CharField(max_length=16)
    person = forms.TypedChoiceField(coerce=int, required=False, empty_value=None)
    paid_on = Day(required=False)
    # Asked only where one like it stands.
    another = forms.ChoiceField(required=False, widget=forms.HiddenInput, choices=[("", ""), (ANOTHER, "")])

    def __init__(
        self, *args: Any, members: list[tuple[int, str]], policies: Sequence[PolicyChoice], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        grouped: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for each in policies:
            grouped.setdefault(each.items, []).append((each.id, each.label))
        set_choices(self, "policy", [(_booked(items, self.lang), listed) for items, listed in grouped.items()])
        set_choices(self, "person", [("", Text("全户", "the household").say(self.lang)), *members])

    def ask_another(self) -> None:
        """Show the question whether it is another payment."""
        choices = [("", CHOOSE.say(self.lang)), (ANOTHER, Text("是另一笔", "it is another one").say(self.lang))]
        self.fields["another"].widget = forms.Select(choices=choices)
        dress(self.fields["another"], self.lang)


class LineCorrectionForm(LineForm):
    """The year is the line's own: what belongs to another year is taken away here, and entered there."""

    labels = {**LineForm.labels, "reason": Text("为什么更正", "Why it is corrected")}
    reason = forms.CharField(max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["year"]


class ReceiptCorrectionForm(ReceiptForm):
    labels = {**ReceiptForm.labels, "reason": Text("为什么更正", "Why it is corrected")}
    reason = forms.CharField(max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["another"]


class PaperForm(WordedForm):
    """A paper of the dossier with its scans; what may be chosen are the rulebook's kinds, by group."""

    labels = {
        "kind": Text("什么资料", "Which paper"),
        "person": Text("谁的", "Whose"),
        "scans": Text("照片或 PDF", "Pictures or PDF"),
        "pages": Text("原件共几页", "Pages of the original"),
        "title": Text("说明", "Note"),
        "kept_from": Text("哪天起在档案袋里", "In the dossier since"),
        "issued_on": Text("签发日期", "Issued on"),
        "expires_on": Text("有效期至", "Good until"),
    }
    helps = {
        "scans": Text(
            "手机可以直接拍照。按页的顺序选择，可选多个；照片中的拍摄地点等信息不会保存。",
            "A telephone can take the picture now. Choose them in the order of the pages; where a picture was taken is not kept.",
        ),
        "pages": Text("填了就会核对有没有漏扫。", "If given, missing pages are noticed."),
        "expires_on": Text("没有期限或长期有效的，留空。", "Leave it empty where there is no end."),
    }
    kind = forms.ChoiceField()
    person = forms.TypedChoiceField(coerce=int, required=False, empty_value=None)
    scans = Files(accept="image/jpeg,image/png,application/pdf", allow_empty_file=True, max_length=255)
    pages = forms.IntegerField(required=False, min_value=1)
    title = forms.CharField(max_length=100, required=False)
    kept_from = Day()
    issued_on = Day(required=False)
    expires_on = Day(required=False)

    def __init__(self, *args: Any, members: list[tuple[int, str]], kinds: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "kind", [("", CHOOSE.say(self.lang)), *kinds])
        set_choices(self, "person", [("", Text("全户", "the household").say(self.lang)), *members])


class CheckForm(WordedForm):
    labels = {"result": Text("核对结果", "Result"), "why": Text("哪里不准确", "What is not right")}
    helps = {"why": Text("不准确的，须写明。", "Needed where it is not right.")}
    result = forms.ChoiceField()
    why = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = (("right", Text("准确", "Right")), ("wrong", Text("不准确", "Not right")))
        # Nothing is chosen beforehand: a check that one only had to save would be none.
        set_choices(
            self, "result", [("", CHOOSE.say(self.lang)), *((code, text.say(self.lang)) for code, text in said)]
        )


class YearForm(WordedForm):
    labels = {"year": Text("年度", "Year"), "reason": Text("原因", "Reason")}
    year = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(max_length=200, required=False)


class SettleYearForm(YearForm):
    """`seen`: the ledger that somebody had before them."""

    seen = forms.CharField(max_length=16, required=False, widget=forms.HiddenInput)


def _booked(items: Sequence[str], lang: Lang) -> str:
    if not items:
        return Text("不记入收支", "Not booked in the ledger").say(lang)
    listed = [schema().label("item", item, lang) for item in items]
    return Text(f"同时记入：{'、'.join(listed)}", f"Booked at once as: {', '.join(listed)}").say(lang)


def typed_fields(group: Group) -> dict[str, Field]:
    """The facts that a page asks for."""
    return {name: field for name, field in group.fields.items() if not (field.procedure or field.derived)}


def _asked(field: Field, lang: Lang) -> forms.Field:
    common: dict[str, Any] = {"required": field.required, "label": field.label.say(lang)}
    if field.note is not None:
        common["help_text"] = field.note.say(lang)
    elif field.unit is not None:
        common["help_text"] = Text(f"单位：{field.unit.zh}", f"In {field.unit.en}").say(lang)
    unknown = ("", UNKNOWN.say(lang))
    if field.type == "yes_no":
        return forms.ChoiceField(choices=[unknown, *((code, text.say(lang)) for code, text in _YES_NO)], **common)
    if field.type in ("code", "codes"):
        listed = [(code, each.label.say(lang)) for code, each in codes()[field.codes].items()]
        if field.type == "code":
            return forms.ChoiceField(choices=[unknown, *listed], **common)
        return forms.MultipleChoiceField(choices=listed, **common)
    if field.type == "date":
        return PastDay(**common) if field.name == BIRTH else Day(**common)
    if field.type == "long_text":
        return forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), **common)
    return forms.CharField(**common)


def shown_in_form(group: Group, values: Mapping[str, Value]) -> dict[str, Any]:
    """Facts as their form has them, by name of its field. A number is sealed, and never shown."""
    return {f"fact_{name}": _shown(field, values.get(name)) for name, field in typed_fields(group).items()}


def _shown(field: Field, value: Value) -> Any:
    if field.type == "number":
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if field.type == "codes":
        return [] if value is None else str(value).split(";")
    return value if field.type == "date" else entered(field, value)


def _value(field: Field, given: Any) -> Value:
    if field.type == "yes_no":
        return {"1": True, "0": False}.get(given)
    if field.type == "codes":
        return ";".join(given) or None
    if field.type == "date":
        day: Value = given
        return day
    return typed(field, given)
