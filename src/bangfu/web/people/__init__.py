"""Pages of people: who is there, who keeps which post, accounts kept."""
