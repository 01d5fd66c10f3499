"""Kind of a layer of which only the weights are known, as a class of Keras."""

from collections.abc import Mapping

MOVING = ("moving_mean", "moving_variance")
_BY_NAMES = (
    ({"embeddings"}, "Embedding"),
    ({"gamma", "beta"}, "LayerNormalization"),
)
# By the rank of the kernel.
_KERNELS = {2: "Dense", 3: "Conv1D", 4: "Conv2D", 5: "Conv3D"}
# By the number of matrices that lie side by side in the recurrent kernel.
_RECURRENT = {4: "LSTM", 3: "GRU", 1: "SimpleRNN"}


def kind_of(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """Return the kind of a layer by the shapes of its weights; "Module" if they do not tell."""
    names = shapes.keys()
    if names >= {*MOVING}:
        return "BatchNormalization"
    recurrent = shapes.get("recurrent_kernel")
    if recurrent is not None and "kernel" in names and len(recurrent) == 2:
        return _RECURRENT.get(recurrent[1] // recurrent[0], "Module")
    if "kernel" in names and names <= {"kernel", "bias"}:
        return _KERNELS.get(len(shapes["kernel"]), "Module")
    return next((kind for known, kind in _BY_NAMES if known == names), "Module")
