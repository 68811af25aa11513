"""Forms of procedures: what each asks for, and the one call that it makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms

from bangfu.access.data import Actor
from bangfu.audit.data import By
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.registry import selectors
from bangfu.registry.data import NewPerson
from bangfu.registry.household_file import File, Member
from bangfu.registry.services import procedures as service
from bangfu.registry.services.procedures import Event
from bangfu.registry.values import Value
from bangfu.web.forms import Day, PastDay, WordedForm, dress
from bangfu.web.households.villages import NAME_SIGNS, PICKED, suggest_villages, village_of, villages_near

Given = Mapping[str, Any]
Carry = Callable[[By, Actor, Event, Given], int]


_OF_A_PERSON = Text("人编号", "Number of the person")


@dataclass(frozen=True, slots=True)
class Procedure:
    """`asks`: names of FIELDS; of `relations`, one for each member who is there, under `relation_` and `staying_`; `numbers`: what a number asked for is of.

    `parts`: the household may be out of sight afterwards, or is listed no more.
    """

    title: Text
    asks: tuple[str, ...]
    relations: tuple[str, ...]
    intro: Text
    carry: Carry
    numbers: Text = _OF_A_PERSON
    parts: bool = False


class ProcedureForm(WordedForm):
    labels: ClassVar[Mapping[str, Text]] = {
        "on": Text("从哪天起", "From which day"),
        "source": Text("凭什么办理", "On what grounds"),
        "person": Text("是谁", "Who"),
        "name": Text("姓名", "Name"),
        "sex": Text("性别", "Sex"),
        "born": Text("出生日期", "Born on"),
        "relation": Text("与户主关系", "Relation to the head"),
        "village": Text("迁往哪个村", "Which village"),
        "into": Text("并入的户编号", "Number of the household to join"),
    }
    helps: ClassVar[Mapping[str, Text]] = {
        "source": Text("例如：户口本、死亡证明", "Such as: household book, death certificate"),
        "village": PICKED,
    }

    def __init__(self, *args: Any, procedure: Procedure, file: File, lang: Lang, **kwargs: Any) -> None:
        super().__init__(*args, lang=lang, **kwargs)
        self.present = [member for member in file.members if member.present]
        self.procedure = procedure
        for name in procedure.asks:
            self.fields[name] = FIELDS[name](self.present, lang)
        self.near = villages_near(file.place) if "village" in procedure.asks else []
        if self.near:
            suggest_villages(self.fields["village"], self.near)
        for which in procedure.relations:
            for member in self.present:
                field = _relation(lang, required=False)
                field.label = _LABELS[which].say(lang).format(member.name or member.number)
                self.fields[f"{which}_{member.id}"] = field
        # Last, as on paper.
        self.fields["on"], self.fields["source"] = Day(), forms.CharField(max_length=200, required=False)
        for name, asked in self.fields.items():
            label = procedure.numbers if name == "number" else self.labels.get(name)
            asked.label = label.say(lang) if label is not None else asked.label
            asked.help_text = self.helps[name].say(lang) if name in self.helps else ""
            if name == "number":
                asked.help_text = self._numbers(file).say(lang)
            dress(asked, self.lang, self.today)

    def _numbers(self, file: File) -> Text:
        """What a new number is told apart from, and looks like: whoever records a birth has none before their eyes."""
        if self.procedure.numbers is not _OF_A_PERSON:
            return Text(
                f"全区的户编号各不相同。本户是 {file.number}。",
                f"No two households share a number. This one has {file.number}.",
            )
        held = [member.number for member in file.members]
        return Text(
            f"全区的人编号各不相同，不是证件号码。本户已有：{'、'.join(held)}。",
            f"No two people share a number; it is no ID number. This household has: {', '.join(held)}.",
        )

    def relations(self, which: str) -> dict[int, str]:
        """What was given for each member, of those for whom anything was."""
        given = {member.id: self.cleaned_data[f"{which}_{member.id}"] for member in self.present}
        return {person: relation for person, relation in given.items() if relation}


def _relation(lang: Lang, *, required: bool = True) -> forms.ChoiceField:
    listed = [(code, each.label.say(lang)) for code, each in schema().codes["relation"].items()]
    return forms.ChoiceField(choices=[("", "—"), *listed], required=required)


def _person(present: list[Member], lang: Lang) -> forms.Field:
    return forms.TypedChoiceField(
        coerce=int, choices=[("", "—"), *((each.id, each.name or each.number) for each in present)]
    )


def _sex(_: list[Member], lang: Lang) -> forms.Field:
    listed = [(code, each.label.say(lang)) for code, each in schema().codes["sex"].items()]
    return forms.ChoiceField(choices=[("", "—"), *listed], required=False)


FIELDS: Mapping[str, Callable[[list[Member], Lang], forms.Field]] = {
    "person": _person,
    "number": lambda _, lang: forms.CharField(max_length=32),
    "name": lambda _, lang: forms.CharField(max_length=100, required=False),
    "sex": _sex,
    "born": lambda _, lang: PastDay(required=False),
    "relation": lambda _, lang: _relation(lang),
    "village": lambda _, lang: forms.CharField(max_length=NAME_SIGNS),
    "into": lambda _, lang: forms.CharField(max_length=32),
}
_LABELS = {
    "relation": Text("{}：与新户主的关系", "{}: relation to the new head"),
    "leaving": Text(
        "{}：分出去，与新户户主的关系（不分出去则留空）", "{}: relation to the head of the new household (empty: stays)"
    ),
    "staying": Text(
        "{}：留下，与户主的关系（户主分出去时填写）", "{}: relation to the head, where that one leaves (stays)"
    ),
}


def _new_person(given: Given, relation: str) -> NewPerson:
    identity: dict[str, Value] = {
        "name": given["name"] or None,
        "sex": given["sex"] or None,
        "birth_date": given.get("born"),
    }
    known = {name: value for name, value in identity.items() if value is not None}
    return NewPerson(given["number"], {"membership": {"relation": relation}, "identity": known})


def _marriage(by: By, actor: Actor, event: Event, given: Given) -> int:
    known = selectors.person_of_number(actor, given["number"])
    person = _new_person(given, given["relation"]) if known is None else known
    return service.record_marriage(by, actor, event, person, given["relation"])


def _move(by: By, actor: Actor, event: Event, given: Given) -> int:
    village = village_of(given["village"], given["near"], event.on, by.at)
    return service.move_household(by, actor, event, village)


def _merge(by: By, actor: Actor, event: Event, given: Given) -> int:
    into = selectors.household_of_number(actor, given["into"])
    if into is None:
        raise DomainError(
            "NO_HOUSEHOLD", Text("您的范围内没有这个户编号。", "No household within your reach has this number.")
        )
    return service.merge_households(by, actor, event, into, given["relations"]["relation"])


_NEW_HEAD = Text(
    "如果这个人是户主，请在其余的人里定一位新户主，并填每个人与新户主的关系；不是户主的，关系都留空。",
    "If this is the head, choose a new one among the others and give everybody's relation to that one; if not, leave the relations empty.",
)
# As the buttons stand on a household's page, what happens most first.
PROCEDURE_GROUPS = (
    (Text("成员变动", "Members come and go"), ("birth", "marriage", "member", "death", "leaving")),
    (Text("整户办理", "The whole household"), ("head", "split", "merge", "move")),
)
PROCEDURES: Mapping[str, Procedure] = {
    "birth": Procedure(
        Text("登记出生", "Record a birth"),
        ("number", "name", "sex", "relation"),
        (),
        Text(
            "填孩子的新编号、与户主的关系，日期填出生那天。姓名还没有起的可以先空着。",
            "Give the child a new number and the relation to the head; the day is that of birth. The name may follow later.",
        ),
        lambda by, actor, event, given: service.record_birth(by, actor, event, _new_person(given, given["relation"])),
    ),
    "marriage": Procedure(
        Text("登记婚入", "Record a marriage"),
        ("number", "name", "sex", "born", "relation"),
        (),
        Text(
            "从外面嫁入、入赘的人填新的人编号；在册另一户的成员填其人编号，在那一户的“家庭成员”里点开姓名可以看到。",
            "Somebody from outside gets a new number; a member of another household of the register keeps theirs, which stands under that household's Members.",
        ),
        _marriage,
    ),
    "member": Procedure(
        Text("补登成员", "Add a member"),
        ("number", "name", "sex", "born", "relation"),
        (),
        Text(
            "用于漏登的人，或迁入、返乡共同生活的人；出生和婚入另有程序。日期填开始共同生活的那天。",
            "For somebody who was left out, or came to live here; births and marriages have forms of their own. The day is the first of living together.",
        ),
        lambda by, actor, event, given: service.record_member(by, actor, event, _new_person(given, given["relation"])),
    ),
    "death": Procedure(
        Text("登记死亡", "Record a death"),
        ("person",),
        ("relation",),
        _NEW_HEAD,
        lambda by, actor, event, given: service.record_death(
            by, actor, event, given["person"], given["relations"]["relation"]
        ),
    ),
    "leaving": Procedure(
        Text("登记离户", "Record a leaving"),
        ("person",),
        ("relation",),
        Text(
            f"在外上学、服役的不算离户。{_NEW_HEAD.zh}",
            f"Students and conscripts away from home have not left. {_NEW_HEAD.en}",
        ),
        lambda by, actor, event, given: service.record_leaving(
            by, actor, event, given["person"], given["relations"]["relation"]
        ),
    ),
    "head": Procedure(
        Text("变更户主", "Change the head"),
        (),
        ("relation",),
        Text(
            "在新户主一格选“户主”，其余每个人选与新户主的关系。",
            "Choose “head” for the new one, and for everybody else the relation to that one.",
        ),
        lambda by, actor, event, given: service.change_head(by, actor, event, given["relations"]["relation"]),
    ),
    "split": Procedure(
        Text("分户", "Split the household"),
        ("number",),
        ("leaving", "staying"),
        Text(
            "只给分出去的人选与新户户主的关系，其中一位选“户主”；留下的人留空，户主也分出去时才填。新户在同村，沿用建档立卡情况和帮扶责任人。",
            "Choose a relation for those who leave, one of them as head; leave the others empty, unless the head goes too. The new household is of the"
            " same village, registered as this one is, with the same helpers.",
        ),
        lambda by, actor, event, given: service.split_household(
            by, actor, event, given["number"], (given["relations"]["leaving"], given["relations"]["staying"])
        ),
        numbers=Text("新户的户编号", "Number of the new household"),
    ),
    "merge": Procedure(
        Text("并入他户", "Merge into another household"),
        ("into",),
        ("relation",),
        Text(
            "全部在户成员并入同村的另一户，请给出每个人与那一户户主的关系；本户保留历史，不再列出。",
            "Everybody joins another household of the village; give each one's relation to its head. This one keeps its history and is listed no more.",
        ),
        _merge,
        parts=True,
    ),
    "move": Procedure(
        Text("迁往别村", "Move to another village"),
        ("village",),
        (),
        Text(
            "全户一起迁走时用。本村的结对到这一天为止，区级结对不变。",
            "For the whole household. Helpers of this village end on that day; the district's go on.",
        ),
        _move,
        parts=True,
    ),
}
