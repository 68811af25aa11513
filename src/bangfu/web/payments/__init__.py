"""A bank's list of payments: looked at, settled line by line, and booked."""
