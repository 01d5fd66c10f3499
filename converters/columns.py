"""Sizes of gMVP's inputs and columns of its feature matrix, for the port and the converters.

The reference, `legacy_tf`, has its own copy.
"""

WINDOW = 129
"""Residues in a window."""
CENTER = WINDOW // 2
"""Residues on either side of the variant, and so its row in the window."""

SPECIES = 200
N_AMINO_ACIDS = 20
RESIDUE_STATES = N_AMINO_ACIDS + 1
"""The amino acids, and gap or unknown."""

FEATURE_COLUMNS = 435
RESIDUE = 0
PROFILE = slice(1, 21)
ALIGNMENT = slice(21, 421)
"""Residue of each species, then its percent identity."""
ALIGNED_RESIDUES = slice(21, 221)
STRUCTURE = slice(421, 431)
COUNTS = slice(431, 433)
"""Observed and expected missense variants in the population."""
STRUCTURE_AND_COUNTS = slice(421, 433)

CONTEXT_COLUMNS = 73
"""Columns that describe a neighbour: residue, frequencies, profile, structure and counts."""
CENTER_COLUMNS = 91
"""Columns that describe a variant: residue, substitute, frequencies, profile, structure."""
