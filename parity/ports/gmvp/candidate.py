"""Candidate of every pair: pt_gmvp's layers. PyTorch is imported on first use."""

from collections.abc import Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal

from parity.declaring.port import Built, Side
from parity.declaring.weight import Options
from parity.ports.gmvp import candidate_data
from parity.ports.gmvp.optimizer_state import after_step

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from pt_gmvp.config import ModelConfig
    from pt_gmvp.model import GMVP

_ARGUMENTS = ("ref_aa", "alt_aa", "feature", "mask")
_ENCODER_KEYS = ("pairwise_type", "weighting_schema", "pairwise_norm")
# Intermediates with a row for each window, where several variants may share one.
_OF_WINDOWS = {
    "evol_encoder/frequencies",
    "evol_encoder/pairwise",
    "context",
    "neighbor_encoding",
    "pairwise_encoding",
}
# The options that each layer depends on; the model built for it has the defaults of all others.
_KEYS = {
    "model": (*_ENCODER_KEYS, "attn_score_type", "d_fc", "d_model", "num_heads", "dropout_rate"),
    "variant_encoding": ("d_fc",),
    "neighbor_encoding": ("d_fc",),
    "pairwise_encoding": ("d_fc", "pairwise_type"),
    "mha": ("attn_score_type", "d_fc", "d_model", "num_heads"),
    "gru": ("d_fc", "d_model"),
    "logit": ("d_model",),
}


def build_model(options: Options, dtype: str, form: Literal["plain", "fast"] = "plain") -> "GMVP":
    """Build a whole model in evaluation mode."""
    import torch

    from pt_gmvp.config import ModelConfig
    from pt_gmvp.model import GMVP

    settings = {key: options[key] for key in _KEYS["model"] if key in options}
    return GMVP(ModelConfig.from_dict(settings), form=form).to(getattr(torch, dtype)).eval()


@cache
def _cached_model(options: tuple[tuple[str, Any], ...], dtype: str) -> "GMVP":
    return build_model(dict(options), dtype)


def _model(options: Options, dtype: str, layer: str = "model") -> "GMVP":
    """Return a model that has the layer with the given options.

    Kept between runs, as each run assigns all weights again.
    """
    keys = _KEYS[layer]
    return _cached_model(tuple((key, options[key]) for key in keys if key in options), dtype)


def trace_with_loss(
    model: "GMVP", inputs: Mapping[str, "Tensor"], called: bool = False
) -> dict[str, "Tensor"]:
    """Run a whole model on a batch; return its intermediates and the loss of its logits.

    If it is `called`, the logits are those of a call, which returns nothing else.
    """
    from pt_gmvp.optim import loss as mean_loss

    window = inputs.get("window")
    masks = (inputs["input_masks"], inputs["state_masks"]) if "input_masks" in inputs else None
    ref_aa, alt_aa, feature, mask = (inputs[name] for name in _ARGUMENTS)
    arguments = ref_aa, alt_aa, feature, mask, window, masks
    intermediates = model.trace(*arguments)
    # In training a second call would draw dropout masks of its own.
    if called and not model.training:
        intermediates["logit"] = model(*arguments)
    if window is not None:
        for name in _OF_WINDOWS & intermediates.keys():
            intermediates[name] = intermediates[name][window]
    return {**intermediates, "loss": mean_loss(intermediates["logit"], inputs["label"])}


def _parameters(layer: "nn.Module", name: str) -> dict[str, Any]:
    return dict(layer.named_parameters(prefix=name))


def model(options: Options, dtype: str) -> Built:
    """Build the whole model, with the loss of its logits."""
    whole = _model(options, dtype)
    called = bool(options.get("called"))
    return Built(
        lambda inputs: trace_with_loss(whole, inputs, called), dict(whole.named_parameters())
    )


def evol_encoder(options: Options, dtype: str) -> Built:
    """Build the EvolEncoder by itself, with any pairwise type."""
    import torch

    from pt_gmvp.evol_encoder import EvolEncoder

    settings = {key: options[key] for key in _ENCODER_KEYS}
    layer = EvolEncoder(**settings).to(getattr(torch, dtype))

    def call(inputs: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
        return chosen(options, layer.trace(inputs["x"]))

    return Built(call, _parameters(layer, "evol_encoder"))


def chosen(options: Options, encoded: Mapping[str, "Tensor | None"]) -> dict[str, "Tensor"]:
    """Return the EvolEncoder's outputs, or the one that a configuration asks for alone."""
    alone = options.get("alone")
    return {
        name: value
        for name, value in encoded.items()
        if value is not None and alone in (None, name)
    }


def _dense(name: str, relu: bool) -> Side:
    def build(options: Options, dtype: str) -> Built:
        layer = getattr(_model(options, dtype, name), name)

        def call(inputs: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
            encoded = layer(inputs["x"])
            return {name: encoded.relu() if relu else encoded}

        return Built(call, _parameters(layer, name))

    return Side("torch", build)


def multi_head_attention(options: Options, dtype: str) -> Built:
    """Build the attention, with its intermediate steps."""
    layer = _model(options, dtype, "mha").mha
    return Built(lambda inputs: layer.trace(**inputs), _parameters(layer, "mha"))


def gru_cell(options: Options, dtype: str) -> Built:
    """Build the GRU cell; inputs include dropout masks, as in training, if `masks` is set."""
    layer = _model(options, dtype, "gru").gru
    return Built(lambda inputs: {"gru": layer(**inputs)}, _parameters(layer, "gru"))


def loss(options: Options, dtype: str) -> Built:
    """Build the mean cross-entropy of logits."""
    from pt_gmvp.optim import loss as mean_loss

    return Built(lambda inputs: {"loss": mean_loss(inputs["logit"], inputs["label"])})


def learning_rate(options: Options, dtype: str) -> Built:
    """Build the schedule, which gives the learning rate of each step."""
    import torch

    from pt_gmvp.optim import learning_rate as rate

    def call(inputs: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
        rates = [rate(step, **options) for step in inputs["step"].tolist()]
        return {"rate": torch.tensor(rates, dtype=getattr(torch, dtype))}

    return Built(call)


def _computed(weight: "Tensor", gradient: "Tensor") -> float:
    """Set a weight's gradient, and return a number that stands for the loss."""
    weight.grad = gradient
    return float(gradient[0, 0])


def _strided(tensor: "Tensor") -> "Tensor":
    """Return a matrix stored column by column."""
    return tensor.mT.contiguous().mT


def optimizer(options: Options, dtype: str) -> Built:
    """Build an optimizer, which gives weights and its state after each of several steps."""
    import torch

    from pt_gmvp.optim import AddonsAdamW, KerasAdam, WarmupLinearDecay

    rules = {"adam": KerasAdam, "adamw": AddonsAdamW}

    def call(inputs: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
        stored = _strided if options["strided"] else torch.clone
        weight = torch.nn.Parameter(stored(inputs["weight"]))
        rule = rules[options["kind"]]([weight])
        schedule = WarmupLinearDecay(rule, warmup_steps=2)
        after: dict[str, Tensor] = {}
        for number, gradient in enumerate(inputs["gradients"], 1):
            compute = partial(_computed, weight, stored(gradient))
            if options.get("closure"):
                loss = torch.tensor(rule.step(compute), dtype=weight.dtype)
                after[f"step_{number}/loss"] = loss
            else:
                compute()
                rule.step()
            schedule.step()
            # torch's own Adam has other names for them, in the same order.
            taken, mean, mean_square = rule.state[weight].values()
            state = (tensor.detach().clone() for tensor in (weight, mean, mean_square))
            after |= after_step(number, *state)
            after[f"step_{number}/iterations"] = torch.tensor(int(taken))
        return after

    return Built(call)


def initial_values(options: Options, dtype: str) -> Built:
    """Build fresh weights of several models, stacked, and the recurrent kernel's Gram matrix.

    `repeated` is how far the weights of two models with the same seed are apart.
    """
    import torch

    from converters.weights.state_dict import to_canonical
    from pt_gmvp.config import ModelConfig

    settings = {key: options[key] for key in _KEYS["model"] if key in options}
    make = _constructed if options.get("constructed") else _reset

    def fresh(seed: int) -> dict[str, Any]:
        model = make(ModelConfig.from_dict(settings), seed, getattr(torch, dtype))
        return to_canonical({k: v.numpy() for k, v in model.state_dict().items()}, settings)

    def call(inputs: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
        seeds = inputs["seeds"].tolist()
        models, again = [fresh(seed) for seed in seeds], fresh(seeds[0])
        pooled = {
            name: torch.stack([torch.from_numpy(m[name]) for m in models]).to(getattr(torch, dtype))
            for name in models[0]
        }
        kernel = pooled["gru/recurrent_kernel"]
        apart = [abs(again[name] - models[0][name]).max() for name in again]
        repeated = torch.tensor(max(apart), dtype=getattr(torch, dtype))
        return {**pooled, "gram": kernel @ kernel.mT, "repeated": repeated}

    return Built(call)


def _reset(config: "ModelConfig", seed: int, dtype: "torch.dtype") -> "GMVP":
    """Return a model whose weights are drawn anew from a generator.

    They are drawn in the dtype of the run, not cast to it: the recurrent kernel is only as
    orthogonal as the precision it was drawn in.
    """
    import torch

    from pt_gmvp.model import GMVP

    with torch.device("meta"):
        model = GMVP(config).to(dtype)
    model.to_empty(device="cpu").reset_parameters(torch.Generator().manual_seed(seed))
    return model


def _constructed(config: "ModelConfig", seed: int, dtype: "torch.dtype") -> "GMVP":
    """Return a model as its constructor leaves it; what that does not draw is NaN."""
    import torch

    from pt_gmvp.model import GMVP

    before = torch.get_default_dtype(), torch.are_deterministic_algorithms_enabled()
    torch.set_default_dtype(dtype)
    # Memory that is not written is filled with NaN, and does not hold an earlier model's weights.
    torch.use_deterministic_algorithms(True)
    try:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return GMVP(config)
    finally:
        torch.set_default_dtype(before[0])
        torch.use_deterministic_algorithms(before[1])


SIDES = {
    "model": Side("torch", model),
    "evol_encoder": Side("torch", evol_encoder),
    "variant_encoding": _dense("variant_encoding", relu=True),
    "neighbor_encoding": _dense("neighbor_encoding", relu=True),
    "pairwise_encoding": _dense("pairwise_encoding", relu=True),
    "logit": _dense("logit", relu=False),
    "multi_head_attention": Side("torch", multi_head_attention),
    "gru_cell": Side("torch", gru_cell),
    "loss": Side("torch", loss),
    "learning_rate": Side("torch", learning_rate),
    "optimizer": Side("torch", optimizer),
    "initial_values": Side("torch", initial_values),
    "records": Side("torch", candidate_data.records),
    "windows": Side("torch", candidate_data.windows),
}
