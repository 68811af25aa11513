"""What is read of many households: the list with its filters, what waits for somebody, figures. It changes nothing of theirs."""
