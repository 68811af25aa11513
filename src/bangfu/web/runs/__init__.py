"""Assessments of the whole register: which there were, what each changed, and asking for one."""
