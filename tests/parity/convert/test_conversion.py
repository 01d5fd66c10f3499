"""Conversion along a weight map: as by hand, back with the same bits, nothing left over."""

import numpy as np
import pytest
import torch
from torch import nn

import parity
from parity.convert.conversion import (
    convert,
    differing,
    read_candidate,
    read_reference,
    to_candidate,
    to_reference,
)
from parity.declaring.layouts import conv, gru, lstm, multi_head_attention, separable_conv
from parity.errors import InputError, ParityError
from parity.weight_files.contents import same_bits
from parity.weight_files.matching import UnfitError
from parity.weight_files.named_arrays import write_npz
from tests.parity.weighted_port import make_port, reference_weights

WEIGHTS = reference_weights()
# Every kind of map that moves, splits or joins elements.
KINDS = (
    *conv("c", "c", (3, 2, 4, 5)),
    *gru("g", "g", 3, 4),
    *lstm("l", "l", 3, 4),
    *multi_head_attention("a", "a", 6, 2),
    *separable_conv("s", ("d", "p"), (3, 4, 2), 5),
)


def by_hand(weights):
    """Return a state dict, each kernel transposed."""
    return {
        "0.weight": np.ascontiguousarray(weights["first/kernel"].T),
        "0.bias": weights["first/bias"],
        "1.weight": np.ascontiguousarray(weights["last/kernel"].T),
        "1.bias": weights["last/bias"],
    }


def test_converted_weights_are_those_of_a_hand_conversion(tmp_path):
    write_npz(tmp_path / "w.npz", WEIGHTS)
    for given in (WEIGHTS, str(tmp_path / "w.npz"), tmp_path / "w.npz"):
        state = parity.convert(make_port(), given)
        assert not differing(state, by_hand(WEIGHTS))
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    net.load_state_dict({key: torch.from_numpy(array) for key, array in state.items()})


def test_the_function_is_there_before_and_after_its_module_is_imported():
    import importlib

    module = importlib.import_module("parity.convert")
    assert vars(parity)["convert"] is module
    assert not differing(parity.convert(make_port(), WEIGHTS), by_hand(WEIGHTS))
    assert convert.__doc__


def test_there_and_back_keeps_every_bit():
    random = np.random.default_rng(2)
    weights = {w.name: random.normal(size=w.shape).astype(np.float32) for w in KINDS}
    weights["c/kernel"].reshape(-1)[:3] = np.nan, -0.0, np.inf
    port = make_port(KINDS)
    state = to_candidate(port, weights, "w")
    back = to_reference(port, state, "w")
    assert back.keys() == weights.keys()
    assert all(same_bits(back[name], array) for name, array in weights.items())
    assert not differing(to_candidate(port, back, "w"), state)


def test_each_tensor_is_used_once_or_listed():
    more = {**WEIGHTS, "extra": np.ones(2, np.float32)}
    with pytest.raises(UnfitError, match="1 surplus; the first is 'extra'"):
        convert(make_port(), more)
    del more["extra"], more["last/bias"]
    with pytest.raises(UnfitError, match="1 missing; the first is 'last/bias'"):
        convert(make_port(), more)
    state = by_hand(WEIGHTS)
    with pytest.raises(UnfitError, match=r"1 surplus.*'2.weight'"):
        to_reference(make_port(), {**state, "2.weight": state["0.weight"]}, "w.pt")
    with pytest.raises(UnfitError, match=r"1 of another shape.*'0.bias', .3,. in the file"):
        to_reference(make_port(), {**state, "0.bias": state["0.bias"][:3]}, "w.pt")


def test_numbers_that_float32_does_not_hold_are_refused():
    wide = {**WEIGHTS, "last/bias": WEIGHTS["last/bias"].astype(np.float64) + 1e-12}
    with pytest.raises(InputError, match="weights: 'last/bias' is float64"):
        convert(make_port(), wide)


def test_files_are_read_from_either_side(tmp_path):
    write_npz(tmp_path / "w.npz", WEIGHTS)
    assert not differing(read_reference(make_port(), str(tmp_path / "w.npz")), WEIGHTS)
    torch.save({"a": torch.ones(2)}, tmp_path / "w.pt")
    assert read_candidate(tmp_path / "w.pt")["a"].sum() == 2


def test_a_port_of_several_layers_without_a_model_is_refused():
    from dataclasses import replace

    port = make_port()
    two = replace(port, whole=None, pairs=(port.pairs[0], replace(port.pairs[0], layer="other")))
    with pytest.raises(ParityError, match="port mine has no whole model whose weights"):
        convert(two, WEIGHTS)


def test_bits_that_differ_are_named():
    changed = {**WEIGHTS, "last/bias": -WEIGHTS["last/bias"]}
    assert differing(WEIGHTS, changed) == ["last/bias"]
    del changed["first/bias"]
    assert differing(WEIGHTS, changed) == ["first/bias", "last/bias"]
