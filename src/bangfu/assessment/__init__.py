"""What each household is due and why, kept: runs over the whole register, current verdicts, and what changed them."""
