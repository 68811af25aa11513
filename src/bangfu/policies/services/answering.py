"""Which post answers for a reading that stands to be confirmed: said by the office, and never unsaid but by naming another."""

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.models import Post
from bangfu.access.policy import require
from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.policies.in_force import in_force
from bangfu.policies.models import Answer
from bangfu.rulebook.pages import readings_of

# Readings are settled by the office: its posts are seen by everybody below.
ANSWERS = "officer"


def let_answer(by: By, actor: Actor, reading: str, post: int) -> None:
    """Let a post of the office answer for a reading from now on. Raises Denied, NotThere."""
    require(actor, "readings.assign")
    found = Post.objects.seen_by(actor).filter(pk=post, role=ANSWERS, closed_on=None).first()
    if found is None or reading not in {each.id for _, _, _, each in readings_of(in_force().book)}:
        raise NotThere
    with transaction.atomic():
        entry = record(by, Act("policies.let_answer", f"post:{post}", words={"reading": reading}))
        Answer.objects.create(reading=reading, post=found, at=by.at, entry_id=entry)
