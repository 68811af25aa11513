"""Figures of many households."""
