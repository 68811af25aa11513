"""Pages of papers: those of a household, lists and batches of a place, and the door that a paper's code leads to."""
