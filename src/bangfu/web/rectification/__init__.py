"""Pages of rectification periods."""
