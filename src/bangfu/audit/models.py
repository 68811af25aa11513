"""The tables of the record. Triggers of both databases refuse every change of an entry or a link (its migration)."""

from django.db import models


class Outcome(models.TextChoices):
    DONE = "done", "已完成"
    DENIED = "denied", "被拒绝"


class Entry(models.Model):
    """One act, written in the act's own transaction; a denied attempt in one of its own, after the act's was undone.

    Actors, subjects and places are plain text and numbers and no foreign keys: the record outlives what it speaks of. What could name a
    person (reasons, old and new values) stands in `EntryText`, of which an entry holds only a salted digest.
    """

    at = models.DateTimeField()
    act = models.CharField(max_length=64)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    actor = models.CharField(max_length=64)
    subject = models.CharField(max_length=128, blank=True)
    place = models.BigIntegerField(null=True)
    source = models.CharField(max_length=64, blank=True)
    request = models.CharField(max_length=32, blank=True)
    text_digest = models.CharField(max_length=64, blank=True)
    # An HMAC over all the rest with a key that the database does not hold: what is put in past the program has none.
    witness = models.CharField(max_length=64)

    class Meta:
        indexes = (
            models.Index(fields=["subject", "at"], name="audit_entry_subject"),
            models.Index(fields=["actor", "at"], name="audit_entry_actor"),
            models.Index(fields=["place", "at"], name="audit_entry_place"),
        )
        constraints = (
            models.CheckConstraint(condition=models.Q(outcome__in=Outcome.values), name="audit_entry_outcome_known"),
            models.CheckConstraint(condition=~models.Q(act=""), name="audit_entry_act_named"),
            models.CheckConstraint(condition=~models.Q(actor=""), name="audit_entry_actor_named"),
        )


class EntryText(models.Model):
    """What an entry says in words. It may be erased, by an act that leaves an entry of its own; the chain stays valid."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, primary_key=True, related_name="text")
    salt = models.CharField(max_length=32)
    body = models.JSONField()


class Waiting(models.Model):
    """An entry that is not yet in the chain: written with the entry, taken away by the sealer."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, primary_key=True, related_name="+")


class Link(models.Model):
    """An entry's place in the chain. `number` counts from 1 without gaps, in the order in which entries were found committed."""

    number = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="link")
    digest = models.CharField(max_length=64)
