"""Where people live and who runs it: divisions whose codes, names and parents change over time, and the units over them."""
