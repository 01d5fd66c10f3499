"""Other forms of the function in `pt_gmvp.model`, each compared against the reference."""
