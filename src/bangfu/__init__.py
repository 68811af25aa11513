"""Bangfu (帮扶): know each poor household exactly, and what it is due."""

__version__ = "0.1.0"
