"""The candidate's side of every pair: pt_gmvp's layers. PyTorch is imported on first use."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from parity.declaring.port import Built, Side
from parity.declaring.weight import Options
from parity.ports.gmvp import candidate_data
from parity.ports.gmvp.optimizer_state import after_step

if TYPE_CHECKING:
    from torch import Tensor, nn

    from pt_gmvp.model import GMVP

_ENCODER_KEYS = ("pairwise_type", "weighting_schema", "pairwise_norm")
# The options that each layer depends on. Of a model built for its sake the rest are the defaults.
_KEYS = {
    "model": (*_ENCODER_KEYS, "attn_score_type", "d_fc", "d_model", "num_heads", "dropout_rate"),
    "variant_encoding": ("d_fc",),
    "neighbor_encoding": ("d_fc",),
    "pairwise_encoding": ("d_fc", "pairwise_type"),
    "mha": ("attn_score_type", "d_fc", "d_model", "num_heads"),
    "gru": ("d_fc", "d_model"),
    "logit": ("d_model",),
}


@cache
def _cached_model(options: tuple[tuple[str, Any], ...], dtype: str) -> "GMVP":
    import torch

    from pt_gmvp.config import ModelConfig
    from pt_gmvp.model import GMVP

    return GMVP(ModelConfig.from_dict(dict(options))).to(getattr(torch, dtype)).eval()


def _model(options: Options, dtype: str, layer: str = "model") -> "GMVP":
    """A model that has the layer as the options want it."""
    keys = _KEYS[layer]
    return _cached_model(tuple((key, options[key]) for key in keys if key in options), dtype)


def _parameters(layer: "nn.Module", name: str) -> dict[str, Any]:
    return dict(layer.named_parameters(prefix=name))


def model(options: Options, dtype: str) -> Built:
    """The whole model in evaluation, and the loss of its logits."""
    from pt_gmvp.optim import loss as mean_loss

    whole = _model(options, dtype)

    def call(inputs: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
        intermediates = whole.trace(
            inputs["ref_aa"], inputs["alt_aa"], inputs["feature"], inputs["mask"]
        )
        return {**intermediates, "loss": mean_loss(intermediates["logit"], inputs["label"])}

    return Built(call, dict(whole.named_parameters()))


def evol_encoder(options: Options, dtype: str) -> Built:
    """The EvolEncoder by itself, with any pairwise type."""
    import torch

    from pt_gmvp.evol_encoder import EvolEncoder

    settings = {key: options[key] for key in _ENCODER_KEYS}
    layer = EvolEncoder(**settings).to(getattr(torch, dtype))

    def call(inputs: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
        return {k: value for k, value in layer.trace(inputs["x"]).items() if value is not None}

    return Built(call, _parameters(layer, "evol_encoder"))


def _dense(name: str, activation: Callable[["Tensor"], "Tensor"]) -> Side:
    def build(options: Options, dtype: str) -> Built:
        layer = getattr(_model(options, dtype, name), name)
        return Built(
            lambda inputs: {name: activation(layer(inputs["x"]))}, _parameters(layer, name)
        )

    return Side("torch", build)


def multi_head_attention(options: Options, dtype: str) -> Built:
    """The attention with its intermediate steps."""
    layer = _model(options, dtype, "mha").mha
    return Built(lambda inputs: layer.trace(**inputs), _parameters(layer, "mha"))


def gru_cell(options: Options, dtype: str) -> Built:
    """The GRU cell, in training with the dropout masks handed in if `masks` is set."""
    layer = _model(options, dtype, "gru").gru
    return Built(lambda inputs: {"gru": layer(**inputs)}, _parameters(layer, "gru"))


def loss(options: Options, dtype: str) -> Built:
    """The mean cross-entropy of logits."""
    from pt_gmvp.optim import loss as mean_loss

    return Built(lambda inputs: {"loss": mean_loss(inputs["logit"], inputs["label"])})


def learning_rate(options: Options, dtype: str) -> Built:
    """The schedule, step by step."""
    import torch

    from pt_gmvp.optim import learning_rate as rate

    def call(inputs: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
        rates = [rate(step, **options) for step in inputs["step"].tolist()]
        return {"rate": torch.tensor(rates, dtype=getattr(torch, dtype))}

    return Built(call)


def optimizer(options: Options, dtype: str) -> Built:
    """Weights and the optimizer's state after each of several steps with given gradients."""
    import torch

    from pt_gmvp.optim import AddonsAdamW, KerasAdam, WarmupLinearDecay

    rules = {"adam": KerasAdam, "adamw": AddonsAdamW}

    def call(inputs: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
        weight = torch.nn.Parameter(inputs["weight"].clone())
        rule = rules[options["kind"]]([weight])
        schedule = WarmupLinearDecay(rule, warmup_steps=2)
        after: dict[str, Tensor] = {}
        for number, gradient in enumerate(inputs["gradients"], 1):
            weight.grad = gradient
            rule.step()
            schedule.step()
            # In this order in torch's own Adam too, which has other names for them.
            taken, mean, mean_square = rule.state[weight].values()
            state = (tensor.detach().clone() for tensor in (weight, mean, mean_square))
            after |= after_step(number, *state)
            after[f"step_{number}/iterations"] = torch.tensor(int(taken))
        return after

    return Built(call)


def initial_values(options: Options, dtype: str) -> Built:
    """Fresh weights of several models, pooled; the recurrent kernel's Gram matrix beside."""
    import torch

    from converters.weights.state_dict import to_canonical
    from pt_gmvp.config import ModelConfig
    from pt_gmvp.model import GMVP

    def fresh(seed: int) -> dict[str, Any]:
        generator = torch.Generator().manual_seed(seed)
        # Drawn in the dtype of the run, not cast to it: the recurrent kernel is orthogonal only to
        # the precision that it was drawn in.
        with torch.device("meta"):
            model = GMVP(ModelConfig.from_dict(dict(options))).to(getattr(torch, dtype))
        model.to_empty(device="cpu").reset_parameters(generator)
        return to_canonical({k: v.numpy() for k, v in model.state_dict().items()}, dict(options))

    def call(inputs: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
        models = [fresh(seed) for seed in inputs["seeds"].tolist()]
        pooled = {
            name: torch.stack([torch.from_numpy(m[name]) for m in models]).to(getattr(torch, dtype))
            for name in models[0]
        }
        kernel = pooled["gru/recurrent_kernel"]
        return {**pooled, "gram": kernel @ kernel.mT}

    return Built(call)


def _itself(x: "Tensor") -> "Tensor":
    return x


def _relu(x: "Tensor") -> "Tensor":
    return x.relu()


SIDES = {
    "model": Side("torch", model),
    "evol_encoder": Side("torch", evol_encoder),
    "variant_encoding": _dense("variant_encoding", _relu),
    "neighbor_encoding": _dense("neighbor_encoding", _relu),
    "pairwise_encoding": _dense("pairwise_encoding", _relu),
    "logit": _dense("logit", _itself),
    "multi_head_attention": Side("torch", multi_head_attention),
    "gru_cell": Side("torch", gru_cell),
    "loss": Side("torch", loss),
    "learning_rate": Side("torch", learning_rate),
    "optimizer": Side("torch", optimizer),
    "initial_values": Side("torch", initial_values),
    "records": Side("torch", candidate_data.records),
    "windows": Side("torch", candidate_data.windows),
}
