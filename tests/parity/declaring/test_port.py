"""Declarations that cannot be are refused when they are made."""

from dataclasses import replace

import pytest

from parity.errors import ParityError


def test_a_layer_declared_twice_is_refused(toy):
    port = toy()
    with pytest.raises(ParityError, match="declared twice: layer"):
        replace(port, pairs=port.pairs * 2)


def test_a_whole_that_is_no_pair_is_refused(toy):
    with pytest.raises(ParityError, match="no pair for the whole model, 'model'"):
        replace(toy(), whole="model")


def test_taking_records_keeps_the_first(toy):
    inputs = toy().load_inputs(None, 1, 5)
    assert inputs.take(2).arrays["x"].tolist() == inputs.arrays["x"][:2].tolist()
    assert inputs.take(None) is inputs


def test_an_unknown_layer_names_those_there_are(toy):
    with pytest.raises(ParityError, match="unknown layer 'zzz'; known: layer"):
        toy().pair("zzz")


def test_two_configurations_of_one_name_are_refused(toy):
    pair = toy().pairs[0]
    with pytest.raises(ParityError, match="two configurations have the same name"):
        replace(pair, configs=pair.configs[:1] * 2)


def test_nothing_to_check_is_refused(toy):
    with pytest.raises(ParityError, match="has no configuration"):
        replace(toy().pairs[0], configs=())
    with pytest.raises(ParityError, match="has no pairs"):
        replace(toy(), pairs=())


def test_a_configuration_is_found_by_its_name(toy):
    (pair,) = toy().pairs
    assert pair.config("other") is pair.configs[1]
    with pytest.raises(ParityError, match="unknown configuration 'othr'; did you mean other"):
        pair.config("othr")
