"""Lists of payments of a bank: handed in, settled line by line, and booked."""
