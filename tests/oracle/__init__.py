"""An independent reading of design/rules.md in plain Python, to compare the product's engines with."""
