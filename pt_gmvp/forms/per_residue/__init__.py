"""Per-residue form of gMVP: scores all 20 substitutions of each residue, sharing common work.

Compared against the reference by the pair `model_per_residue`.

`engine` scores proteins, or given substitutions, with an ensemble. `sites` are the residues to
score, `protein` holds what does not depend on a model, `model` is a model with its layers folded;
`relating` relates a residue to its window; `attention` and `joining` compute the rest for each
substitution.
"""
