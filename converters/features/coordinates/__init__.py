"""Structure columns from atomic coordinates: an AlphaFold or PDB model in place of NetSurfP."""
