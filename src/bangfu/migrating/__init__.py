"""What migrations are written with beside Django's own operations."""
