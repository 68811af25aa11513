"""The acts that leave a trace, read once from the list beside this file."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from bangfu.kernel.words import Text


@cache
def acts() -> Mapping[str, Text]:
    listed = yaml.safe_load((files("bangfu.audit") / "acts.yaml").read_text(encoding="utf-8"))
    return {name: Text(said["zh"], said["en"]) for name, said in listed.items()}
