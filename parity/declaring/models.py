"""Ports of two whole models: their names, a weight map, and the layers to compare inside them.

`parity init` writes such declarations. The reference is a model or layer of tf_keras or Keras 3, or
a tf.Module; the candidate is a torch module. Both are named "FILE.py:attribute" or
"module:attribute", where the attribute is the model, or a function without arguments that makes
it; a function with a parameter `dtype` is passed "float32" or "float64". Models run in evaluation
mode, and in training mode where that is compared too (docs/train.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from parity.declaring.domains import Domain
from parity.declaring.interpreters import interpreter_of
from parity.declaring.leaving_out import left_out
from parity.declaring.model_domains import input_domains, refuse_unknown_domains
from parity.declaring.model_inputs import (
    Input,
    Output,
    draw_inputs,
    fewer_if_large,
    input_loader,
)
from parity.declaring.model_sides import CandidateModel, Layer, ModelSide, ReferenceModel
from parity.declaring.model_weight_files import files_of_models, read_elsewhere
from parity.declaring.port import Configuration, Pair, Port
from parity.declaring.renamed import renamed_arguments
from parity.declaring.training import Training
from parity.declaring.weight import Weight
from parity.declaring.weight_files import WeightFiles

_DEFAULT = (Configuration("default", {}),)


@dataclass(frozen=True)
class _Models:
    """Names of both models, and everything needed to make either one."""

    reference: str
    candidate: str
    beside: Path
    inputs: Mapping[str, Input]
    zero: tuple[str, ...]
    split: Mapping[str, int]
    outputs: Mapping[str, Output]
    batch: int | None
    trust: bool

    @property
    def reference_model(self) -> ReferenceModel:
        examples = partial(draw_inputs, self.inputs, 1, self.batch or 1)
        return ReferenceModel(self.reference, self.beside, examples, self.trust)

    @property
    def candidate_model(self) -> CandidateModel:
        orders = {name: given.order for name, given in self.inputs.items()}
        return CandidateModel(
            self.candidate, self.beside, orders, self.zero, self.split, self.outputs
        )

    def weight_files(self, kept: Sequence[str]) -> WeightFiles:
        files = files_of_models(
            self.reference,
            lambda: self.reference_model.open("float32"),
            lambda: self.candidate_model.open("float32"),
            kept,
        )
        if interpreter_of("reference") is None:
            return files
        return replace(files, read=lambda path: read_elsewhere(self.reference_model, path, kept))


@renamed_arguments(excused="exempt")
def port(
    name: str,
    reference: str,
    candidate: str,
    *,
    beside: str,
    inputs: Mapping[str, Input],
    weights: tuple[Weight, ...],
    layers: Sequence[Layer] = (),
    zero: Sequence[str] = (),
    split: Mapping[str, int] | None = None,
    kept: Sequence[str] = (),
    exempt: Mapping[str, str] | None = None,
    outputs: Mapping[str, Output] | None = None,
    trainings: tuple[Training, ...] = (),
    domains: tuple[Domain, ...] = (),
    batch: int | None = None,
    trust: bool = False,
) -> Port:
    """Declare a port of the whole model and of every layer that can be called alone.

    Args:
        name: the port's name.
        reference: the model in TensorFlow, as "FILE.py:attribute" or "module:attribute"; a .keras
            or .h5 file of a whole model; a frozen graph (.pb); or the folder of a SavedModel.
        candidate: the model in PyTorch, named in the same way.
        beside: the declaring file (`__file__`); file names are relative to its folder.
        inputs: the inputs of both models; passed by name if both models know all the names, else
            in this order.
        weights: the weight map; canonical names begin with the path of the reference's layer.
        layers: layers to check alone as well, on the inputs that they have in the reference.
        zero: weights of the candidate that the reference lacks, and that have no effect at zero.
        split: weights of the candidate that hold several of the reference's, and how many.
        kept: weights of either side that keep their initial values, such as a table of constants;
            every other weight must be in the map.
        exempt: the reason, by layer, why a layer is not checked alone.
        outputs: by the reference's name, the outputs that the candidate has under another name or
            with its axes in another order.
        trainings: as for `Port`: then layers are compared in training mode by default, too.
        domains: the values that `parity fuzz` may put into an input of the model, or into that of
            a layer, named "<the reference's path>/input".
        batch: the number of records of every run, if the models do not take any number.
        trust: whether Python code in a model file may be executed, such as that of a Lambda layer.

    Raises ParityError for a domain of an input that neither the model nor a layer has.
    """
    folder = Path(beside).absolute().parent
    # Files, too, are named relative to the declaring file's folder.
    inputs = {
        name: replace(given, file=str(folder / given.file)) if given.file else given
        for name, given in inputs.items()
    }
    refuse_unknown_domains(name, [*inputs, *map(_input_of, layers)], domains)
    rest = tuple(zero), dict(split or {}), dict(outputs or {}), batch, trust
    both = _Models(reference, candidate, folder, inputs, *rest)
    whole = "model" if all(layer.reference != "model" for layer in layers) else "whole model"
    layers = tuple(layer for layer in layers if layer.reference not in left_out())
    pairs = [_layer_pair(both, layer, weights, kept, domains) for layer in layers]
    pairs.append(_whole_pair(whole, both, layers, weights, kept, domains))

    return Port(
        name,
        tuple(pairs),
        input_loader(inputs, batch),
        whole=whole,
        exempt=exempt or {},
        trainings=tuple(trainings),
        batch=batch,
        records=fewer_if_large(inputs, 10),
        weight_files=both.weight_files(kept),
    )


def _whole_pair(
    whole: str,
    both: _Models,
    layers: tuple[Layer, ...],
    weights: tuple[Weight, ...],
    kept: Sequence[str],
    domains: tuple[Domain, ...],
) -> Pair:
    reference = ModelSide(both.reference_model, layers, kept=tuple(kept)).side()
    candidate = ModelSide(both.candidate_model, layers, kept=tuple(kept)).side()
    return Pair(
        whole,
        reference,
        candidate,
        _DEFAULT,
        lambda given: given.inputs.arrays,
        weights=lambda options: weights,
        about=f"{both.reference} and {both.candidate}",
        exempt_gradients={
            name: given.exempt_gradient
            for name, given in both.inputs.items()
            if given.exempt_gradient
        },
        in_place=candidate,
        domains=input_domains(both.inputs, domains),
    )


def _layer_pair(
    both: _Models,
    layer: Layer,
    weights: tuple[Weight, ...],
    kept: Sequence[str],
    domains: tuple[Domain, ...],
) -> Pair:
    own = tuple(weight for weight in weights if weight.name.startswith(f"{layer.reference}/"))

    part = partial(ModelSide, alone=layer, kept=tuple(kept))
    reference = part(both.reference_model, within=f"{layer.reference}/").side()
    candidate = part(both.candidate_model, within=f"{layer.candidate}.").side()
    return Pair(
        layer.reference,
        reference,
        candidate,
        _DEFAULT,
        lambda given: {"input": given.intermediates[_input_of(layer)]},
        weights=lambda options: own,
        intermediates=(layer.reference,),
        weights_of=layer.reference,
        about=f"{layer.reference} and {layer.candidate}",
        domains=tuple(
            replace(domain, input="input") for domain in domains if domain.input == _input_of(layer)
        ),
    )


def _input_of(layer: Layer) -> str:
    """Return the name of a layer's input among the intermediates of the whole model."""
    return f"{layer.reference}/input"
