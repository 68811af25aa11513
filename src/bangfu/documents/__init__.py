"""Papers: what is printed of households and places, laid out by templates that an office can lay over."""
