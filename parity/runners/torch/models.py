"""Whole torch modules: their weights, layers and calls."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from parity.arrays import Array, Arrays
from parity.declaring.model_inputs import AxisOrder, Output
from parity.declaring.model_sides import Layer
from parity.declaring.shared_models import State
from parity.errors import ParityError, SideFailedError, StructureError
from parity.runners import loading
from parity.runners.binding import Caller, CallSignature, described_failure
from parity.runners.torch import numbers, put, tensor
from parity.runners.torch.layers import (
    Calls,
    composite_layers,
    is_plain,
    layer_state,
    modules,
    submodule,
    weighted_layers,
)
from parity.runners.torch.recorded import ends_in_others, passing_before_others, recorder
from parity.runners.torch.threads import use_one_thread_for_many_groups
from parity.runners.transfer import assign
from parity.runners.whole_models import (
    ModelDescription,
    axes_to_candidate,
    axes_to_reference,
    first_tensor,
    named_tensors,
    output_name,
)


class Model:
    """A candidate in evaluation mode, built in a dtype.

    Parameters in `split` are held as that many equal parts along the first axis, by "<key>[0]" and
    so on. `keys` are the whole state dict's. Raises ParityError if it cannot be built.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        dtype: str,
        inputs: Mapping[str, AxisOrder],
        zero: Sequence[str] = (),
        split: Mapping[str, int] | None = None,
        outputs: Mapping[str, Output] | None = None,
    ) -> None:
        self.dtype, self.names = dtype, list(inputs)
        self.orders: dict[str, AxisOrder] = dict(inputs)
        self.outputs: dict[str, Output] = dict(outputs or {})
        self.module = _build(name, folder, dtype).to(getattr(torch, dtype)).eval()
        use_one_thread_for_many_groups(self.module)
        self._call = Caller[Tensor](self.module, CallSignature.of(self.module.forward), self.names)
        self.weights = _saved_tensors(self.module)
        self.keys, self.split = tuple(self.module.state_dict()), dict(split or {})
        for key, count in self.split.items():
            self._split(key, count)
        for key in zero:
            if key not in self.weights:
                raise StructureError(f"the candidate has no '{key}' to set to zero")
            with torch.no_grad():
                self.weights.pop(key).zero_()

    def _split(self, key: str, count: int) -> None:
        """Hold a parameter as parts, concatenated before each call of its module."""
        if key not in self.weights:
            raise StructureError(f"the candidate has no '{key}' to split")
        path, _, attribute = key.rpartition(".")
        module, whole = self.module.get_submodule(path), self.weights.pop(key)
        parts = tuple(nn.Parameter(part.detach().clone()) for part in whole.chunk(count))
        self.weights |= {f"{key}[{number}]": part for number, part in enumerate(parts)}
        del module._parameters[attribute]

        def concatenate(module: nn.Module, args: object) -> None:
            setattr(module, attribute, torch.cat(parts))

        module.register_forward_pre_hook(concatenate)

    @property
    def signature(self) -> CallSignature:
        """Return the signature of the module's call."""
        return self._call.signature

    def call(
        self,
        inputs: Mapping[str, Tensor],
        layers: Sequence[Layer] = (),
        returned: Arrays | None = None,
        strict: bool = True,
    ) -> dict[str, Tensor]:
        """Return the first input and output of each layer, then the outputs, all by name.

        Inputs and outputs of layers are named and laid out as the reference's. A layer passes on
        the output that `returned` has for it instead of its own. If it cannot, as it returns
        another shape, or several tensors, or is called twice, this raises StructureError; or, if
        not `strict`, the layer passes on its own.
        """
        calls: Calls = {}
        instead = {
            layer.candidate: self._as_candidate(layer, returned[layer.reference])
            for layer in layers
            if returned and layer.reference in returned
        }
        with self._recording(calls, [layer.candidate for layer in layers], instead, strict):
            output = self._call(self._arguments(inputs))
        found: dict[str, Tensor] = {}
        for layer in layers:
            if layer.candidate in calls:
                call = calls[layer.candidate]
                axes = axes_to_reference(layer.order, call.inputs[0].ndim)
                found[f"{layer.reference}/input"] = _as_int64(call.inputs[0].permute(axes))
                found[layer.reference] = _as_reference(layer, call.output)
        return {**found, **self._named(output, output_name(layers))}

    def _as_candidate(self, layer: Layer, output: Array) -> Tensor:
        return _laid_out(tensor(output, self.dtype), layer.order)

    def _arguments(self, inputs: Mapping[str, Tensor]) -> list[Tensor]:
        """Return the inputs in order, each with its axes as the module expects them."""
        return [_laid_out(inputs[name], order) for name, order in self.orders.items()]

    def _named(self, returned: object, name: str) -> dict[str, Tensor]:
        """Name the outputs, those declared otherwise as the reference's, and in its axes."""
        named = named_tensors(returned, name, Tensor)
        # Declared outputs are named "output", but a layer of the reference may have that name.
        theirs = {
            name + output.candidate.removeprefix("output"): (
                name + mine.removeprefix("output"),
                output.order,
            )
            for mine, output in self.outputs.items()
        }
        found: dict[str, Tensor] = {}
        for key, value in named.items():
            mine, order = theirs.get(key, (key, "same"))
            found[mine] = value.permute(axes_to_reference(order, value.ndim))
        return found

    def call_layer(self, layer: Layer, tensor: Tensor) -> dict[str, Tensor]:
        """Return the output of one layer alone on the reference's input, in its axes.

        Raises StructureError if there is no such layer.
        """
        module = self._submodule(layer.candidate)
        returned = module(_laid_out(tensor, layer.order))
        output = first_tensor(returned, Tensor)
        if output is None:
            raise StructureError(f"the candidate's layer '{layer.candidate}' returns no tensor")
        return {layer.reference: _as_reference(layer, output)}

    def alone(self, layer: Layer) -> Callable[[Tensor], dict[str, Tensor]]:
        """Return what calls one layer alone, within the module that decides how it trains."""
        return partial(self.call_layer, layer)

    def state(self, layer: Layer | None) -> State:
        """Return what a layer, or the whole model, holds besides the model's weights."""
        part = self._submodule(layer.candidate) if layer else self.module
        return layer_state(part, self.weights.values(), [k.rpartition(".")[2] for k in self.split])

    def is_plain(self, layer: Layer) -> bool:
        """Return whether a layer is made of PyTorch's own and holds no number but its weights."""
        return is_plain(self._submodule(layer.candidate), self.weights.values())

    def _submodule(self, path: str) -> nn.Module:
        try:
            return submodule(self.module, path)
        except KeyError as error:
            raise StructureError(f"the candidate has no layer '{path}'") from error

    @contextmanager
    def _recording(
        self,
        calls: Calls,
        paths: Sequence[str],
        instead: Mapping[str, Tensor] | None = None,
        strict: bool = True,
    ) -> Iterator[None]:
        """Record the first call of each layer, in the order of the calls."""
        with ExitStack() as hooks:
            for path in paths:
                module, given = self._submodule(path), (instead or {}).get(path)
                if given is not None and not strict and ends_in_others(module):
                    hooks.enter_context(passing_before_others(path, module, calls, given))
                    given = None
                hook = recorder(path, calls, given, strict)
                hooks.callback(module.register_forward_hook(hook, with_kwargs=True).remove)
            yield

    def describe(self, inputs: Arrays) -> ModelDescription:
        """Run the module on the inputs and describe its layers and outputs.

        Raises ParityError if it cannot be called on them, SideFailedError if that is in float64.
        """
        calls: Calls = {}
        given = self._tensors(inputs)
        with (
            torch.no_grad(),
            self._recording(calls, [path for path, _ in modules(self.module) if path]),
        ):
            try:
                returned = self._call(self._arguments(given))
            except Exception as error:
                arguments = zip(self.names, self._arguments(given), strict=True)
                shapes = ", ".join(f"{k} {tuple(v.shape)}" for k, v in arguments)
                kind = SideFailedError if self.dtype == "float64" else ParityError
                raise kind(
                    f"the candidate {type(self.module).__name__} cannot be called on {shapes}: "
                    f"{described_failure(error, self.signature)}"
                ) from error
        outputs = self._named(returned, "output")
        return ModelDescription(
            tuple(weighted_layers(self.module, self.weights, calls)),
            {name: tuple(value.shape) for name, value in outputs.items()},
            tuple(composite_layers(self.module, self.weights, calls)),
        )

    def run(self, weights: Arrays, inputs: Arrays, layers: Sequence[Layer]) -> Arrays:
        """Return the outputs, and the input and output of each layer, under these weights."""
        self._assign(weights)
        with torch.no_grad():
            return _arrays(self.call(self._tensors(inputs), layers))

    def run_passing(
        self, weights: Arrays, inputs: Arrays, layers: Sequence[Layer], returned: Arrays
    ) -> Arrays:
        """Run as `run` does; each layer that can passes on what `returned` has for it."""
        self._assign(weights)
        with torch.no_grad():
            return _arrays(self.call(self._tensors(inputs), layers, returned, strict=False))

    def run_layer(self, layer: Layer, weights: Arrays, tensor: Array) -> Arrays:
        """Return the output of one layer alone, under these weights."""
        self._assign(weights)
        with torch.no_grad():
            return _arrays(self.call_layer(layer, torch.from_numpy(tensor.copy())))

    def _tensors(self, arrays: Arrays) -> dict[str, Tensor]:
        return {name: tensor(array, self.dtype) for name, array in arrays.items()}

    def _assign(self, weights: Arrays) -> None:
        assign({key: self.weights[key] for key in weights}, weights, put)


def _build(name: str, folder: Path, dtype: str) -> nn.Module:
    value = loading.load_attribute(name, folder)
    if not isinstance(value, nn.Module):
        if not callable(value):
            raise ParityError(f"{name} is neither a torch module nor a function that builds one")
        value = loading.call_factory(value, name, dtype)
    if not isinstance(value, nn.Module):
        raise ParityError(f"{name} returns {type(value).__name__}; expected a torch.nn.Module")
    return value


def _laid_out(given: Tensor, order: AxisOrder) -> Tensor:
    """Return a tensor of the reference's with its axes as the candidate's, contiguous.

    Convolutions keep the strides of what they are given, so that a `view` behind them would fail on
    a tensor whose axes are only permuted.
    """
    return given.permute(axes_to_candidate(order, given.ndim)).contiguous()


def _saved_tensors(module: nn.Module) -> dict[str, Tensor]:
    """Return the floating parameters and buffers that are saved with the module, each once."""
    known = {id(value) for _, value in (*module.named_parameters(), *module.named_buffers())}
    found: dict[str, Tensor] = {}
    for key, value in module.state_dict(keep_vars=True).items():
        if isinstance(value, Tensor) and value.is_floating_point() and id(value) in known:
            found[key] = value
            known.discard(id(value))
    return found


def _as_reference(layer: Layer, output: Tensor) -> Tensor:
    output = output.permute(axes_to_reference(layer.order, output.ndim))
    return output[:, -1] if layer.last else output


def _as_int64(tensor: Tensor) -> Tensor:
    """Cast integers to int64, on both sides: a layer may be handed either width."""
    whole = not (tensor.is_floating_point() or tensor.dtype == torch.bool)
    return tensor.long() if whole else tensor


def _arrays(tensors: Mapping[str, Tensor]) -> Arrays:
    return {name: numbers(value) for name, value in tensors.items()}
