"""The auditor's pages: who did what to whom and why."""
