"""Synthetic registers: made-up people in plausible households, of any size, the same bytes for the same seed."""

from bangfu.engine.synth.bank_list import write_bank_list
from bangfu.engine.synth.demo import write_demo
from bangfu.engine.synth.generate import AS_OF_YEAR, Plan
from bangfu.engine.synth.regions import write_by_region
from bangfu.engine.synth.register import Dress, write_synthetic_register

__all__ = [
    "AS_OF_YEAR",
    "Dress",
    "Plan",
    "write_bank_list",
    "write_by_region",
    "write_demo",
    "write_synthetic_register",
]
