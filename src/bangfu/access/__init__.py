"""Who people are, which posts they hold where, and the one policy that says what each may see and do."""
