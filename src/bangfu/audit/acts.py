"""The acts that leave a trace and the words of their texts, read once from the lists beside this file."""

from collections.abc import Mapping
from functools import cache

from bangfu.kernel.listed import listed_in
from bangfu.kernel.words import Text


@cache
def acts() -> Mapping[str, Text]:
    return _listed("acts.yaml")


@cache
def words() -> Mapping[str, Text]:
    return _listed("words.yaml")


def _listed(name: str) -> Mapping[str, Text]:
    listed = listed_in("bangfu.audit", name)
    return {each: Text(said["zh"], said["en"]) for each, said in listed.items()}
