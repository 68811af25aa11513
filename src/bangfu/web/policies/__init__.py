"""Pages of policies: the catalogue, what is read into it, and the parameters that are published."""
