"""Who did what to which thing and why: a record that is added to and never altered unseen."""
