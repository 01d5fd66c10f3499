import numpy as np

from converters.columns import SPECIES
from converters.simulation.tree import HEIGHT, draw_tree


def depths(tree):
    depth = np.zeros(len(tree.parent))
    for node, parent in enumerate(tree.parent.tolist()[1:], 1):
        assert parent < node
        depth[node] = depth[parent] + tree.length[node]
    return depth


def test_a_tree_has_its_species_at_its_tips():
    tree = draw_tree(np.random.default_rng(0))
    assert sorted(tree.tips) == sorted(set(range(len(tree.parent))) - set(tree.parent.tolist()))
    assert len(tree.tips) == SPECIES
    assert (tree.length >= 0).all()
    # The clock errs, from branch to branch, around the height.
    found = depths(tree)[tree.tips]
    assert abs(found.mean() / HEIGHT - 1) < 0.2
    assert found.std() > 0.01


def test_the_human_is_the_first_tip_and_its_way_is_known():
    tree = draw_tree(np.random.default_rng(1), 30)
    node, way = int(tree.tips[0]), set()
    while node:
        way.add(node)
        node = int(tree.parent[node])
    assert set(np.flatnonzero(tree.human)) == way | {0}
