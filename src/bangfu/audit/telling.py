"""Of what the texts of entries speak beside their actors and subjects."""

from collections.abc import Iterator, Mapping
from typing import Any

from bangfu.audit.acts import subjects, words

# What a word holds that names a thing as entries do, kind and number; of a subject nothing else says the kind.
THING, SUBJECT = "thing", "subject"


def in_order(body: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What a text says, word by word, in the order in which it is read on either database."""
    return [(word, body[word]) for word in words() if word in body]


def things_in(body: Mapping[str, Any]) -> Iterator[str]:
    """The things that a text speaks of, as `account:7`."""
    for word, value in body.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Mapping):
                yield from things_in(each)
            elif thing := thing_of(words()[word].holds, each):
                yield thing


def thing_of(holds: str, value: object) -> str:
    """The thing that stands under a word which holds such values; "" where it is none."""
    if holds in (THING, SUBJECT) and str(value).partition(":")[0] in subjects():
        return str(value)
    return f"{holds}:{value}" if holds in subjects() and str(value).isdecimal() else ""
