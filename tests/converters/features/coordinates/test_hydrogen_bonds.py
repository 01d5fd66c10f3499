"""Secondary structure of peptides whose answer follows from how they were built."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.features.coordinates.hydrogen_bonds import assign, chained
from tests.converters.features.coordinates.peptides import HELIX, STRAND, backbone, sheet

NO_PROLINE = np.zeros(64, bool)


def states(coordinates, proline=NO_PROLINE):
    return assign(coordinates, proline[: len(coordinates)])


@pytest.mark.parametrize(("angles", "letter"), [(HELIX, "H"), ((-49, -26), "G"), ((-57, -70), "I")])
def test_helices_by_their_dihedral_angles(angles, letter):
    assert states(backbone([angles] * 16)) == f" {letter * 14} "


def test_a_single_strand_and_one_turn_are_coil():
    assert states(backbone([STRAND] * 16)) == " " * 16
    assert states(backbone([HELIX] * 5)) == " " * 5  # one bond only


@pytest.mark.parametrize("parallel", [False, True])
def test_two_strands_side_by_side(parallel):
    assert states(np.concatenate(sheet(9, parallel))) == " EEEEEEE  EEEEEEE "


def test_a_lone_bridge_is_b():
    one, other = sheet(9)
    assert states(np.concatenate([one[3:6], other[3:6]])) == " B  B "


def test_strands_too_far_apart_have_no_bonds():
    one, other = sheet(9)
    across = other.mean((0, 1)) - one.mean((0, 1))
    assert states(np.concatenate([one, other + across])) == " " * 18


def test_proline_has_no_hydrogen_to_give():
    proline = np.zeros(12, bool)
    proline[5] = True  # whose bond to residue 1 makes the turn that begins the helix there
    helix = backbone([HELIX] * 12)
    assert states(helix) == " HHHHHHHHHH "
    assert states(helix, proline) == "   HHHHHHHH "


def test_a_helix_ends_at_a_break():
    whole = backbone([HELIX] * 24)
    broken = np.concatenate([whole[:12], whole[14:]])  # two residues are missing
    assert chained(broken).tolist() == [False, *[True] * 11, False, *[True] * 9]
    assert states(broken) == " HHHHHHHHHH  HHHHHHHH "


def test_missing_atoms_only_cost_their_own_bonds():
    helix = backbone([HELIX] * 16)
    helix[15, 3] = np.nan  # the last O, which no residue is bonded to
    assert states(helix) == " HHHHHHHHHHHHHH "
    helix[:, 1:] = np.nan
    assert states(helix) == " " * 16


@settings(max_examples=20, deadline=None)
@given(
    angles=st.lists(st.tuples(st.floats(-180, 180), st.floats(-180, 180)), min_size=1, max_size=20),
    axis=st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.1, 1)),
    shift=st.floats(-50, 50),
)
def test_the_place_in_space_does_not_matter(angles, axis, shift):
    coordinates = backbone([HELIX] * 6 + angles)
    normal = np.array(axis) / np.linalg.norm(axis)
    turn = 2 * np.outer(normal, normal) - np.eye(3)
    assert states(coordinates @ turn.T + shift) == states(coordinates)
