"""A selection names pairs and configurations, in the port's order, and refuses unknown names."""

import pytest

from parity.checking.selection import Selection, select
from parity.errors import ParityError


def chosen(port, **selection):
    return [(pair.layer, config.name) for pair, config in select(port, Selection(**selection))]


def test_nothing_named_is_everything(toy):
    assert chosen(toy()) == [("layer", "default"), ("layer", "other")]


def test_the_near_layer_and_configuration_are_named(toy):
    with pytest.raises(ParityError, match=r"unknown layer 'lair'; did you mean layer\?"):
        chosen(toy(), layers=("lair",))
    with pytest.raises(
        ParityError, match=r"unknown configuration 'defualt'; did you mean default\?"
    ):
        chosen(toy(), configs=("defualt",))


def test_configurations_may_be_named_with_wildcards(toy):
    assert chosen(toy(), configs=("d*",)) == [("layer", "default")]
    with pytest.raises(ParityError, match=r"unknown configuration 'x\*'"):
        chosen(toy(), configs=("d*", "x*"))
