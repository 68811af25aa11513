"""One's own account: details, second factor, sessions."""
