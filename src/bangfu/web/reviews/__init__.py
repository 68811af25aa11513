"""Pages of what villages report, and its review."""
