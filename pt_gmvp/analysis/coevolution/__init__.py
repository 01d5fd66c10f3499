"""Co-evolution: how strongly the positions of a protein vary together, from an alignment alone.

`strength.coevolution` computes the EvolEncoder's covariance norms for whole proteins and any number
of sequences. The other modules read alignments, weight sequences, rank pairs and draw a map; see
docs/coevolution.md.
"""
