"""Tables of the letters and three-letter codes of residues, by their bytes."""

import numpy as np

from converters.variants.changes import LETTER_OF

ONE = np.zeros(256, np.uint8)
"""The letter of each byte, upper case; 0 for a byte that stands for no residue."""

THREE = np.zeros(1 << 15, np.uint8)
"""One-letter code by three letters, five bits each (A is 1); 0 where they name no residue."""

for _letter in range(ord("A"), ord("Z") + 1):
    ONE[_letter] = ONE[_letter + 32] = _letter
for _symbol in b"*-?":
    ONE[_symbol] = _symbol
for _name, _code in (*LETTER_OF.items(), ("TER", "*")):
    _index = 0
    for _byte in _name.encode():
        _index = _index << 5 | _byte & 31
    THREE[_index] = ord(_code)
