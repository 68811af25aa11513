"""Lists that are data, in YAML files that lie in a package beside the code that reads them."""

from importlib.resources import files
from typing import Any

import yaml


def plain_yaml(text: str) -> Any:
    """What a YAML text says: mappings, lists and plain values, read by libyaml (the reader in Python takes eight times as long). Raises yaml.YAMLError."""
    return yaml.load(text, Loader=yaml.CSafeLoader)


def listed_in(package: str, file: str) -> Any:
    """What a YAML file of a package says. It is read anew each time: whoever asks again and again keeps what came of it."""
    return plain_yaml((files(package) / file).read_text(encoding="utf-8"))
