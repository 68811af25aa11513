"""Registers that leave as files: asked for with a reason, approved above a size, marked, kept for days, each download recorded."""
