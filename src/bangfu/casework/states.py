"""How a task moves: a machine's doubt is a question, and only a person's decision makes it an error.

A question that is no longer asked is gone; an error of which nothing is found any more is done. What is found again after that is a
question again, whatever was decided before: people decided on what they saw then.
"""

from collections.abc import Mapping

from django.db import models

from bangfu.kernel.words import Text


class State(models.TextChoices):
    OPEN = "open", "待核实"
    REOPENED = "reopened", "重新待核实"
    ERROR = "error", "确认有误"
    CLEARED = "cleared", "核实无误"
    DONE = "done", "已整改"
    GONE = "gone", "疑点消失"


class What(models.TextChoices):
    """What a step was."""

    CONFIRM = "confirm", "确认有误"
    CLEAR = "clear", "核实无误"
    FINISH = "finish", "整改办结"
    REOPEN = "reopen", "重新打开"
    ASSIGN = "assign", "安排责任人"
    POSTPONE = "postpone", "调整期限"
    # The last assessment's, not a person's.
    VANISH = "vanish", "评估不再提出"
    RETURN = "return", "评估再次提出"


STATES: Mapping[str, Text] = {
    State.OPEN: Text("待核实", "question"),
    State.REOPENED: Text("重新待核实", "question again"),
    State.ERROR: Text("确认有误", "confirmed error"),
    State.CLEARED: Text("核实无误", "no error"),
    State.DONE: Text("已整改", "put right"),
    State.GONE: Text("疑点消失", "no longer asked"),
}
STEPS: Mapping[str, Text] = {
    What.CONFIRM: Text("确认有误", "confirmed as an error"),
    What.CLEAR: Text("核实无误", "found to be no error"),
    What.FINISH: Text("整改办结", "put right"),
    What.REOPEN: Text("重新打开", "opened again"),
    What.ASSIGN: Text("安排责任人", "given to somebody"),
    What.POSTPONE: Text("调整期限", "deadline moved"),
    What.VANISH: Text("评估不再提出", "no longer asked by the assessment"),
    What.RETURN: Text("评估再次提出", "asked again by the assessment"),
}
QUESTIONS = (State.OPEN, State.REOPENED)
# What somebody has still to do something about.
UNSETTLED = (*QUESTIONS, State.ERROR)
SETTLED = (State.CLEARED, State.DONE, State.GONE)
# Steps by which nobody says what they think of it.
UNDECIDING = (What.ASSIGN, What.POSTPONE)
# By step, from which state to which. Assigning and postponing leave it as it is.
MOVES: Mapping[str, Mapping[str, str]] = {
    What.CONFIRM: dict.fromkeys(QUESTIONS, State.ERROR),
    What.CLEAR: dict.fromkeys(UNSETTLED, State.CLEARED),
    What.FINISH: {State.ERROR: State.DONE},
    What.REOPEN: dict.fromkeys(SETTLED, State.REOPENED),
    What.ASSIGN: {state: state for state in UNSETTLED},
    What.POSTPONE: {state: state for state in UNSETTLED},
    What.VANISH: {**dict.fromkeys(QUESTIONS, State.GONE), State.ERROR: State.DONE},
    What.RETURN: dict.fromkeys(SETTLED, State.REOPENED),
}


class Proof(models.TextChoices):
    """What a step that closes rests on."""

    TEXT = "text", "说明"
    PAPER = "paper", "档案资料"
    ACT = "act", "新的登记"
    # Of steps of the assessment alone.
    VERDICT = "verdict", "评估结论"
    DOSSIER = "dossier", "档案资料已齐"


PROOFS: Mapping[str, Text] = {
    Proof.TEXT: Text("文字说明", "what is written"),
    Proof.PAPER: Text("档案资料", "a paper of the dossier"),
    Proof.ACT: Text("新的登记", "what was recorded"),
    Proof.VERDICT: Text("评估结论", "the assessment"),
    Proof.DOSSIER: Text("档案资料已齐", "no paper is missing any more"),
}
