"""Synthetic registers: made-up people in plausible households, of any size, the same bytes for the same seed."""

from bangfu.engine.synth.demo import write_demo
from bangfu.engine.synth.register import write_synthetic_register

__all__ = ["write_demo", "write_synthetic_register"]
