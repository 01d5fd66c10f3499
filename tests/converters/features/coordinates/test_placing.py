"""Residues on positions: by their order, by their numbers, and what belongs to another protein."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.errors import InputError
from converters.features.coordinates.placing import place
from converters.features.coordinates.reading import Chain, Coordinates, Residue
from converters.residues import AMINO_ACIDS, encode

PROTEIN = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRV"
NAMES = {"M": "MET", "X": "UNK"}


def chain(letters, numbers, name="A", insertions=None):
    nothing = np.zeros((0, 3))
    return Chain(
        name,
        tuple(
            Residue(letter, NAMES.get(letter, "ALA"), number, (insertions or {}).get(row, ""),
                    np.zeros((4, 3)), nothing, (), np.zeros(0))
            for row, (letter, number) in enumerate(zip(letters, numbers, strict=True))
        ),
    )  # fmt: skip


def placed(*chains, protein=PROTEIN):
    return place("x.pdb", Coordinates(chains, "", False, ()), encode(protein))


def test_a_whole_chain_is_placed_whatever_its_numbers():
    found = placed(chain(PROTEIN, [7] * 40, insertions={1: "A"}))
    assert found.rows.tolist() == list(range(40))
    assert (found.notes, found.covered) == ((), 40)


def test_missing_residues_by_the_numbers():
    kept = [n for n in range(1, 41) if n not in (1, 2, 20, 21, 22)]
    found = placed(chain([PROTEIN[n - 1] for n in kept], kept))
    assert [n + 1 for n in range(40) if found.rows[n] >= 0] == kept
    assert found.notes == ("5 of 40 positions have no coordinates",)


def test_numbers_that_differ_by_one_number():
    found = placed(chain(PROTEIN[5:35], range(105, 135)))
    assert found.rows[5:35].tolist() == list(range(30))
    assert found.notes[0] == "a residue's position is its number -99"


def test_a_tag_beyond_the_ends_is_left_out():
    found = placed(chain("GSH" + PROTEIN, range(-2, 41)))
    assert found.rows.tolist() == list(range(3, 43))
    assert "beyond the protein's ends are left out: ALA -2, ALA -1, ALA 0" in found.notes[0]


@pytest.mark.parametrize(
    ("letters", "numbers", "message"),
    [
        ("MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRA", range(1, 41), "one residue differs, ALA 40"),
        (PROTEIN[::-1], range(1, 41), "residues differ, the first"),
        (PROTEIN[:30], [*range(1, 20), *range(5, 16)], "do not increase at ALA 5"),
        ("GSHM" * 30, range(1, 121), "not of this protein"),
    ],
)
def test_another_protein_is_refused(letters, numbers, message):
    with pytest.raises(InputError, match=message):
        placed(chain(letters, numbers))


def test_insertion_codes_are_refused_by_name():
    with pytest.raises(InputError, match=r"insertion codes \(ALA 9A\)"):
        placed(chain(PROTEIN[:30], range(30), insertions={9: "A"}))


def test_two_possible_places_are_refused():
    with pytest.raises(InputError, match="fits the protein with its numbers plus"):
        placed(chain("A" * 30, range(101, 131)), protein="A" * 40)


def test_less_than_half_is_refused():
    with pytest.raises(InputError, match="has coordinates for 19 of the 40 positions"):
        placed(chain(PROTEIN[:19], range(1, 20)))


def test_the_chain_of_the_protein_among_others():
    other = chain("GGGGGGGGGG", range(1, 11), "A")
    part, whole = chain(PROTEIN[:25], range(1, 26), "B"), chain(PROTEIN, range(1, 41), "C")
    found = placed(other, part, whole, whole._replace(name="D"))
    assert found.chain.name == "C"
    assert found.notes == ("chain C is used, without A, B, D",)
    with pytest.raises(InputError, match="nor is any other of its 2 chains"):
        placed(other, other._replace(name="B"))


def test_unknown_residues_fit_any_and_are_counted():
    found = placed(chain("X" + PROTEIN[1:], range(1, 41)))
    assert found.notes == ("1 residues of no or unknown letter fit any",)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_part_is_found_at_its_place_or_refused(data):
    random = np.random.default_rng(data.draw(st.integers(0, 1000)))
    protein = "".join(random.choice(list(AMINO_ACIDS), 60))
    first = data.draw(st.integers(1, 29))
    last = data.draw(st.integers(first + 30, 60))
    shift = data.draw(st.integers(-500, 500))
    gap = data.draw(st.sets(st.integers(first + 1, last - 1), max_size=(last - first - 29) // 2))
    kept = [n for n in range(first, last + 1) if n not in gap]
    letters = [protein[n - 1] for n in kept]
    if len(kept) < 30:
        return
    found = placed(chain(letters, [n + shift for n in kept]), protein=protein)
    assert [n + 1 for n in range(60) if found.rows[n] >= 0] == kept
    letters[data.draw(st.integers(0, len(letters) - 1))] = "*"
    changed = chain(["W" if x == "*" else x for x in letters], [n + shift for n in kept])
    if changed.sequence != "".join(protein[n - 1] for n in kept):
        with pytest.raises(InputError, match="not of this protein"):
            placed(changed, protein=protein)
