"""What happens to every request before its page, and to every answer after it."""
