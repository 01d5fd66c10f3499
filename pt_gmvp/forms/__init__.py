"""The same function as `pt_gmvp.model` in other forms, each compared against the reference."""
