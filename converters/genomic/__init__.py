"""The genomic table of `gmvp finalize`, made from VEP's annotations."""
