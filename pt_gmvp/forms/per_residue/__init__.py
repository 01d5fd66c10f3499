"""The per-residue form: all 20 substitutions of each residue in a protein, sharing what they can.

Compared against the reference by the pair `model_per_residue`.

`engine` scores proteins with an ensemble. `protein` holds what no model changes, `model` is a model
with its layers folded; `relating` relates a residue to its window; `attention` and `joining` are
what remains for each substitution.
"""
