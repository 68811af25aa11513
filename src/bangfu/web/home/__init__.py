"""The first page, and the choice of a language."""
