"""What identifies people: the keys that seal it, the fields that hold it, and how it is shown."""
