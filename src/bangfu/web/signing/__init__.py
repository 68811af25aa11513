"""Pages of signing in: the password, the code, the first password, the password once more, the way out."""
