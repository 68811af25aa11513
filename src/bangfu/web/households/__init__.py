"""Pages of the register: households, their files, and what is recorded of them."""
