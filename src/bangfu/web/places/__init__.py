"""Pages of places and units."""
