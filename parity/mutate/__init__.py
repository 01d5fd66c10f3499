"""`parity mutate`: known bugs planted one at a time, each of which the check must catch."""
