"""Bugs that people have really made, planted into the right gMVP port: each must be caught.

The numbers are those of parity.known_bugs.catalogue. Every planted bug has its control: the same
case without it passes.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import safetensors.numpy
import torch
from torch import nn

import parity.declaring.inputs
import pt_gmvp.gru
from parity.checking.case_result import CaseResult
from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.checking.training_cases import TrainingCases
from parity.declaring.known_bug import PatchedCode
from parity.declaring.port import Built, Port, Side
from parity.declaring.registry import find
from parity.judging.verdict import Verdict
from parity.known_bugs.catalogue import TITLES
from parity.ports.gmvp.known_bugs import EQUIVALENT, KNOWN_BUGS
from pt_gmvp.data.batch import assemble
from pt_gmvp.initializers import glorot_uniform_


@dataclass(frozen=True)
class PlantedBug:
    """A change of the port or of its code, and the case on which it must be caught."""

    layer: str
    port: Callable[[Port], Port] = lambda port: port
    code: Callable[[], AbstractContextManager[Any]] = nullcontext
    config: str = "add-cov-spe"
    source: str | None = None
    records: int = 4
    gradients: bool = False
    expected: tuple[Verdict, ...] = (Verdict.DIFFERENT,)


def with_pair(layer: str, **changes: Any) -> Callable[[Port], Port]:
    def change(port: Port) -> Port:
        pairs = [replace(p, **changes) if p.layer == layer else p for p in port.pairs]
        return replace(port, pairs=tuple(pairs))

    return change


def with_weight(layer: str, name: str, **changes: Any) -> Callable[[Port], Port]:
    """Change how one weight is laid out for the candidate."""

    def change(port: Port) -> Port:
        right = port.pair(layer).weights

        def weights(options):
            return tuple(replace(w, **changes) if w.name == name else w for w in right(options))

        return with_pair(layer, weights=weights)(port)

    return change


def around_call(layer: str, wrap: Callable[[Callable, dict], dict]) -> Callable[[Port], Port]:
    """Change the inputs that the candidate is given, or its outputs."""

    def change(port: Port) -> Port:
        right = port.pair(layer).candidate

        def build(options, dtype):
            built = right.build(options, dtype)
            return Built(lambda inputs: wrap(built.call, inputs), built.parameters)

        return with_pair(layer, candidate=Side("torch", build))(port)

    return change


def not_transposed(array):
    return (np.ascontiguousarray(array),)


def without_gate_order(kernel):
    return (np.ascontiguousarray(kernel.T),)


def biases_summed(bias):
    z, r, h = np.split(bias.sum(0), 3)
    total = np.concatenate([r, z, h])
    return total, np.zeros_like(total)


def torch_adam(options, dtype):
    from parity.ports.gmvp.candidate import optimizer

    def adam(parameters):
        return torch.optim.Adam(parameters, eps=1e-7)

    def call(inputs):
        with patch("pt_gmvp.optim.KerasAdam", adam):
            return optimizer(options, dtype).call(inputs)

    return Built(call)


def clamped_one_hot(codes, depth, dtype):
    return nn.functional.one_hot(codes.long().clamp(0, depth - 1), depth).to(dtype)


def torchs_one_hot(codes, depth, dtype):
    return nn.functional.one_hot(codes.long(), depth).to(dtype)


def no_one_hot(codes, depth, dtype):
    return codes.unsqueeze(-1).expand(*codes.shape, depth).to(dtype)


def softmax_over(dim: int) -> Callable[[], AbstractContextManager[Any]]:
    right = torch.Tensor.softmax
    return lambda: patch.object(torch.Tensor, "softmax", lambda self, _: right(self, dim))


def mask_by_infinity() -> AbstractContextManager[Any]:
    return patch("pt_gmvp.attention.MASKED", float("-inf"))


def squeezed(call, inputs):
    return {name: value.squeeze() for name, value in call(inputs).items()}


def warm_up_from_zero(step, base, end, warmup_steps, decay_steps):
    from pt_gmvp.optim import learning_rate

    if step < warmup_steps:
        return base * step / warmup_steps
    return learning_rate(step, base, end, warmup_steps, decay_steps)


def rate_planted(options, dtype):
    def call(inputs):
        rates = [warm_up_from_zero(step, **options) for step in inputs["step"].tolist()]
        return {"rate": torch.tensor(rates, dtype=getattr(torch, dtype))}

    return Built(call)


def torchs_dense_start(self, generator=None):
    nn.Linear.reset_parameters(self)


def torchs_glorot(tensor, shape=None, generator=None):
    return nn.init.xavier_uniform_(tensor, generator=generator)


def transposed_view_saved(kernel):
    """Return a view that is not contiguous as safetensors' numpy writer stores it."""
    saved = safetensors.numpy.save({"kernel": kernel.T})
    return (safetensors.numpy.load(saved)["kernel"].copy(),)


def unmasked_centre(call, inputs):
    mask = inputs["mask"].clone()
    mask[:, 64] = 0
    return call({**inputs, "mask": mask})


def flipped(call, inputs):
    return {name: -value for name, value in call(inputs).items()}


def first_only(call, inputs):
    name, value = next(iter(call(inputs).items()))
    return {name: value}


def weights_of_size_1e_6() -> AbstractContextManager[Any]:
    right = parity.declaring.inputs.draw
    return patch.object(
        parity.declaring.inputs, "draw", lambda *drawn: right(*drawn) * np.float32(1e-6)
    )


def loaded_by_sorted_name(port: Port) -> Port:
    """Load by sorted names: dense_10 comes before dense_9, so five projections change places."""
    right = port.pair("multi_head_attention").weights
    in_order = ["wq", "wk", "wv", "out_proj", "w_pairwise"]
    names = [f"dense_{number}" for number in range(8, 13)]
    taken = {in_order[i]: in_order[names.index(name)] for i, name in enumerate(sorted(names))}

    def weights(options):
        table = {weight.name: weight for weight in right(options)}

        def key_of(name: str) -> tuple[str, ...]:
            _, projection, part = name.split("/")
            return table[f"mha/{taken[projection]}/{part}"].keys

        return tuple(
            replace(w, keys=key_of(w.name)) if w.name.count("/") == 2 else w for w in table.values()
        )

    return with_pair("multi_head_attention", weights=weights)(port)


def nothing_loaded(port: Port) -> Port:
    """Load nothing, as with a wrong prefix of all names."""
    return with_pair("multi_head_attention", weights=lambda options: ())(port)


def no_outputs(port: Port) -> Port:
    """Return no outputs on either side."""
    nothing = Side("numpy", lambda options, dtype: Built(lambda inputs: {}))
    return with_pair("logit", reference=nothing, candidate=nothing, weights=lambda options: ())(
        port
    )


def torchs_cross_entropy(logits, labels):
    return nn.functional.binary_cross_entropy_with_logits(logits, labels.to(logits.dtype))


def without_the_third(parts):
    """Sum gradients, but for those after the first two."""
    there = [part for part in parts if part is not None][:2]
    return sum(there) if there else None


def clamped_states(codes):
    return codes.clamp(0, 20).long()


def not_drawn(layer, generator=None):
    """Leave the weights as the memory had them."""


def without_generator(tensor, shape=None, generator=None):
    return glorot_uniform_(tensor, shape)


def read_by_rows(tensor):
    return tensor.mT.contiguous().view(tensor.shape)


def labels_flipped(*arrays, **named):
    batch = assemble(*arrays, **named)
    return batch._replace(label=1 - batch.label)


STRUCTURE = (Verdict.STRUCTURE,)
ATTENTION, GRU = "multi_head_attention", "gru_cell"

PLANTED = {
    "1 kernel not transposed, square": PlantedBug(
        ATTENTION, with_weight(ATTENTION, "mha/wq/kernel", forward=not_transposed)
    ),
    "2 gates in the order r,z,n read as z,r,h": PlantedBug(
        GRU, with_weight(GRU, "gru/kernel", forward=without_gate_order)
    ),
    "3 the two GRU biases summed": PlantedBug(
        GRU, with_weight(GRU, "gru/bias", forward=biases_summed)
    ),
    "8 Adam's epsilon after the bias correction": PlantedBug(
        "optimizer", with_pair("optimizer", candidate=Side("torch", torch_adam)), config="adam"
    ),
    "17 codes out of range clamped to the last": PlantedBug(
        "evol_encoder",
        code=lambda: patch("pt_gmvp.evol_encoder.one_hot", clamped_one_hot),
        source="random",
    ),
    "17 codes out of range refused": PlantedBug(
        "evol_encoder",
        code=lambda: patch("pt_gmvp.evol_encoder.one_hot", torchs_one_hot),
        source="random",
        expected=(Verdict.NOT_COMPARED,),
    ),
    "19 leaky_relu of slope 0.01": PlantedBug(
        ATTENTION, code=lambda: patch("pt_gmvp.attention.LEAKY_SLOPE", 0.01)
    ),
    "19 leaky_relu of slope 0.3": PlantedBug(
        ATTENTION, code=lambda: patch("pt_gmvp.attention.LEAKY_SLOPE", 0.3)
    ),
    "22 mask times minus infinity": PlantedBug(
        ATTENTION, code=mask_by_infinity, expected=STRUCTURE
    ),
    "23 softmax over the heads": PlantedBug(ATTENTION, code=softmax_over(1)),
    "23 softmax over the batch": PlantedBug(ATTENTION, code=softmax_over(0)),
    "24 squeeze without an axis at batch 1": PlantedBug(
        "logit", around_call("logit", squeezed), records=1, expected=STRUCTURE
    ),
    "26 torch's own initial values": PlantedBug(
        "initial_values",
        code=lambda: patch("pt_gmvp.initializers.Dense.reset_parameters", torchs_dense_start),
        config="nn-cov-spe-uneven",
    ),
    "26 Glorot by torch's fans": PlantedBug(
        "initial_values",
        code=lambda: patch("pt_gmvp.attention.glorot_uniform_", torchs_glorot),
        config="nn-cov-spe-uneven",
    ),
    "29 loaded by sorted name": PlantedBug(ATTENTION, loaded_by_sorted_name),
    "29 nothing loaded": PlantedBug(ATTENTION, nothing_loaded, expected=STRUCTURE),
    "36 warm-up from 0": PlantedBug(
        "learning_rate",
        with_pair("learning_rate", candidate=Side("torch", rate_planted)),
        config="release",
    ),
    "38 a transposed view saved": PlantedBug(
        ATTENTION, with_weight(ATTENTION, "mha/wk/kernel", forward=transposed_view_saved)
    ),
    "inaccurate gradient, sigmoid - label": PlantedBug(
        "loss",
        code=lambda: patch("pt_gmvp.optim.loss", torchs_cross_entropy),
        config="sure-of-0",
        gradients=True,
        expected=(Verdict.IMPRECISE,),
    ),
    "gradients of the third slice of windows lost": PlantedBug(
        "model_fast",
        code=lambda: patch("pt_gmvp.forms.fast.side_by_side._sum", without_the_third),
        config="add-cov-spe-40",
        gradients=True,
    ),
    "shared windows in the order of the variants": PlantedBug(
        "model_fast",
        code=lambda: patch("pt_gmvp.forms.fast.model._OF_VARIANTS", ()),
        config="add-cov-spe-shared-windows",
        expected=(Verdict.NOT_COMPARED,),
    ),
    "the norm's epsilon subtracted": PlantedBug(
        "model_per_residue",
        code=lambda: patch("pt_gmvp.forms.per_residue.relating.NORM_EPSILON", -1e-12),
        config="add-cov-spe-peaked",
        expected=STRUCTURE,
    ),
    "17 codes clamped, in the fast form": PlantedBug(
        "evol_encoder_fast",
        code=lambda: patch("pt_gmvp.forms.fast.counting.states", clamped_states),
        config="cov-spe-codes",
    ),
    "weights not drawn by the constructor": PlantedBug(
        "initial_values",
        code=lambda: patch("pt_gmvp.attention.MultiHeadAttention.reset_parameters", not_drawn),
        config="nn-cov-spe-uneven-constructed",
    ),
    "the seed unheeded": PlantedBug(
        "initial_values",
        code=lambda: patch("pt_gmvp.attention.glorot_uniform_", without_generator),
        config="nn-cov-spe-uneven",
    ),
    "a transposed weight read by rows": PlantedBug(
        "optimizer",
        code=lambda: patch("parity.ports.gmvp.candidate._strided", read_by_rows),
        config="adam-strided",
    ),
    "labels of a table flipped": PlantedBug(
        "windows",
        code=lambda: patch("pt_gmvp.data.tables.assemble", labels_flipped),
        config="table-65",
    ),
    "centre not masked": PlantedBug("model", around_call("model", unmasked_centre)),
    "one-hot encoding left out": PlantedBug(
        "model", code=lambda: patch("pt_gmvp.model.one_hot", no_one_hot)
    ),
    "1e-6-scale output, sign flipped": PlantedBug(
        "logit", around_call("logit", flipped), weights_of_size_1e_6
    ),
    "output dropped": PlantedBug(
        "evol_encoder", around_call("evol_encoder", first_only), expected=STRUCTURE
    ),
    "nothing compared": PlantedBug("logit", no_outputs, expected=(Verdict.NOT_COMPARED,)),
}


def run(planted: PlantedBug, port: Port, run_case: Callable[..., CaseResult]) -> CaseResult:
    return run_case(
        port,
        planted.layer,
        planted.config,
        planted.source,
        records=planted.records,
        gradients=planted.gradients,
    )


def marks(layer: str) -> tuple[pytest.MarkDecorator, ...]:
    """Return the marks of a layer's cases: sixteen fresh models in each run take long."""
    return (pytest.mark.slow,) if layer == "initial_values" else ()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=marks(planted.layer)) for name, planted in PLANTED.items()]
)
def test_a_planted_bug_is_caught(name, gmvp, run_case):
    planted = PLANTED[name]
    with planted.code():
        case = run(planted, planted.port(gmvp), run_case)
    assert case.verdict in planted.expected, case
    assert not case.verdict.passes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layer", "config", "source", "records", "gradients"),
    [
        pytest.param(*case, marks=marks(case[0]))
        for case in sorted(
            {(p.layer, p.config, p.source or "", p.records, p.gradients) for p in PLANTED.values()}
        )
    ],
)
def test_the_control_without_the_bug_passes(
    layer, config, source, records, gradients, gmvp, run_case
):
    case = run_case(gmvp, layer, config, source or None, records=records, gradients=gradients)
    assert case.verdict.passes, case


def test_the_tiny_output_is_tiny_and_passes_without_the_flip(gmvp, run_case):
    with weights_of_size_1e_6():
        case = run_case(gmvp, "logit")
    assert case.verdict.passes
    assert case.outputs[0].scale < 3e-6


def test_summed_biases_hide_as_long_as_biases_are_zero(gmvp, run_case):
    """Why weights are drawn: Keras' fresh biases are zero, and this bug would pass."""
    port = with_weight(GRU, "gru/bias", forward=biases_summed)(gmvp)
    with patch(
        "parity.declaring.inputs.draw", lambda name, shape, seed: np.zeros(shape, np.float32)
    ):
        assert run_case(port, GRU).verdict.passes


def test_a_mask_filled_with_minus_infinity_is_the_same_function_here(gmvp, run_case):
    """Not a bug in gMVP: the learned slot is never masked, so no row is masked everywhere."""

    def filled(call, inputs):
        masked = torch.where(inputs["mask"] > 0, torch.inf, 0.0).to(inputs["mask"].dtype)
        return call({**inputs, "mask": torch.nan_to_num(masked, posinf=1e20)})

    assert run_case(around_call(ATTENTION, filled)(gmvp), ATTENTION, source="random").verdict.passes


@pytest.mark.parametrize("bug", KNOWN_BUGS, ids=lambda bug: bug.name)
def test_the_ports_own_bugs_name_what_exists(bug, gmvp):
    pair = gmvp.pair(bug.layer)
    assert bug.config in (None, *(config.name for config in pair.configs))
    assert bug.number is None or bug.number in TITLES
    if isinstance(bug.change, PatchedCode):
        with bug.change.patch():
            pass


@pytest.mark.parametrize("pattern", EQUIVALENT)
def test_reasons_are_given_for_layers_that_exist(pattern, gmvp):
    assert pattern.partition(":")[0] in gmvp.layers


def own_dropout(planted: bool) -> CaseResult:
    """The GRU cell in training mode, with its own masks; planted: the state is never dropped."""
    draw = pt_gmvp.gru.GRUCell._draw_masks

    def without_state(cell, like):
        state = like.shape[-1] == cell.weight_hh.shape[1]
        return torch.ones(3, *like.shape, dtype=like.dtype) if state else draw(cell, like)

    port = find("gmvp")
    selection = Selection(("gru_cell",), ("add-cov-spe-uneven",), ("isolated",), training=True)
    checker = Checker(port, port.load_inputs(None, 1, 4), selection)
    ((pair, config, _),) = checker.cases()
    with patch.object(pt_gmvp.gru.GRUCell, "_draw_masks", without_state if planted else draw):
        assert checker.run(pair, config, "isolated").verdict.passes
        case = TrainingCases(checker).run(pair, config)
    assert isinstance(case, CaseResult)
    return case


def test_the_own_dropout_of_the_gru_is_compared_in_training():
    assert own_dropout(planted=False).verdict.passes
    assert own_dropout(planted=True).verdict is Verdict.DIFFERENT
