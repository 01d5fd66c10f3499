"""`parity mutate`: plants known bugs one at a time; the check must catch each of them."""
