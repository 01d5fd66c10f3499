"""`parity mutate --source`: small changes of the candidate's own source, to be refused."""
