"""Registers that come in as files: what a file would change, fact by fact, and its facts applied all or nothing.

What a file does not say, it does not change: an empty cell, a row or a household that is not there. An end of a span that is left open is
said along with the fact that has the span.
"""

from bangfu.registry.imports.apply import Applied, apply_import
from bangfu.registry.imports.plan import Order, Plan, planned, workbench

__all__ = ["Applied", "Order", "Plan", "apply_import", "planned", "workbench"]
