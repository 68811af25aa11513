"""What people do about what an assessment asks: tasks, the villages' sign-off and its review, rectification periods."""
