"""The registry's migrations and one more, as the next may be: it changes a protected table, and rows in it."""
