"""What a report knows of a check."""

import pytest


def test_pairs_are_found_by_their_layer(toy, check_port):
    found = check_port(toy())
    assert found.pair("layer") is found.pairs[0]
    assert found.frameworks("layer") == ("numpy", "numpy")


def test_a_layer_that_the_port_lacks_has_no_pair(toy, check_port):
    with pytest.raises(KeyError, match="other"):
        check_port(toy()).pair("other")
