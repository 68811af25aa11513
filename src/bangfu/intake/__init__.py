"""The room of files that come in: kept as they are, sealed, with who brought them and what became of them. What is in them others read."""
