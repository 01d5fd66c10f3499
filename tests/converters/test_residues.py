"""Residue codes: the order of the alphabet, and what is not an amino acid."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from converters.residues import AMINO_ACIDS, OTHER, encode, letter


def test_codes_follow_the_alphabet():
    assert encode(AMINO_ACIDS).tolist() == list(range(20))
    assert encode("MKV").dtype == np.uint8
    assert encode("").shape == (0,)


def test_everything_else_has_one_code():
    assert set(encode("-*.BJOUXZacd ?\n").tolist()) == {OTHER}


@given(st.text(max_size=30))
def test_any_text_has_one_code_a_character(text):
    codes = encode(text)
    assert len(codes) == len(text)
    assert [letter(int(code)) for code in codes] == [c if c in AMINO_ACIDS else "*" for c in text]


def test_letters_of_codes_out_of_range():
    assert [letter(code) for code in (0, 19, OTHER, -1, 255)] == ["A", "Y", "*", "*", "*"]
