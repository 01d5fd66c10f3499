"""A tagger of an embedding, an LSTM and a dense layer: `parity check lstm_tagger.py`.

What such ports get wrong: which axis is time (PyTorch's default is the first), the order of the
gates, Keras' one bias against PyTorch's two, and Keras' forget bias of 1 in fresh weights.
"""

from collections.abc import Callable

from torch import Tensor, nn

from parity import layouts, parts
from parity.inputs import generator
from parity.port import Arrays, Given, InputSet, Pair, Port

WORDS, LENGTH, SIZE, UNITS, TAGS = 30, 6, 9, 11, 5


class Reference:
    """The tagger in Keras."""

    def __init__(self, dtype: str) -> None:
        from tf_keras import layers

        self.embedding = layers.Embedding(WORDS, SIZE, dtype=dtype)
        self.lstm = layers.LSTM(UNITS, return_sequences=True, dtype=dtype)
        self.dense = layers.Dense(TAGS, dtype=dtype)
        self.embedding.build((None, LENGTH))
        self.lstm.build((None, LENGTH, SIZE))
        self.dense.build((None, LENGTH, UNITS))

    def embed(self, words):
        return {"embedded": self.embedding(words)}

    def recur(self, embedded):
        return {"hidden": self.lstm(embedded)}

    def tagger(self, words):
        embedded = self.embed(words)
        hidden = self.recur(**embedded)
        return {**embedded, **hidden, "tags": self.dense(hidden["hidden"])}

    def parameters(self):
        cell = self.lstm.cell
        return {
            "embedding/embeddings": self.embedding.embeddings,
            "lstm/kernel": cell.kernel,
            "lstm/recurrent_kernel": cell.recurrent_kernel,
            "lstm/bias": cell.bias,
            "dense/kernel": self.dense.kernel,
            "dense/bias": self.dense.bias,
        }


class Candidate(nn.Module):
    """The same in PyTorch."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, SIZE)
        self.lstm = nn.LSTM(SIZE, UNITS, batch_first=True)
        self.dense = nn.Linear(UNITS, TAGS)
        # Keras has one bias: the second stays zero, and is left out of the weight map.
        nn.init.zeros_(self.lstm.get_parameter("bias_hh_l0")).requires_grad_(False)

    def embed(self, words: Tensor) -> dict[str, Tensor]:
        return {"embedded": self.embedding(words)}

    def recur(self, embedded: Tensor) -> dict[str, Tensor]:
        return {"hidden": self.lstm(embedded)[0]}

    def tagger(self, words: Tensor) -> dict[str, Tensor]:
        embedded = self.embed(words)
        hidden = self.recur(**embedded)
        return {**embedded, **hidden, "tags": self.dense(hidden["hidden"])}


WEIGHTS = {
    "embed": layouts.embedding("embedding", "embedding", WORDS, SIZE),
    "recur": layouts.lstm("lstm", "lstm", SIZE, UNITS),
}
WEIGHTS["tagger"] = (
    *WEIGHTS["embed"],
    *WEIGHTS["recur"],
    *layouts.dense("dense", "dense", UNITS, TAGS),
)


def load_inputs(source: str | None, seed: int, count: int) -> InputSet:
    words = generator("words", seed).integers(0, WORDS, (count, LENGTH))
    return InputSet("drawn words", {"words": words})


def make_port(model: type[Candidate] = Candidate) -> Port:
    def pair(
        part: str, inputs: Callable[[Given], Arrays], intermediates: tuple[str, ...] = ()
    ) -> Pair:
        return parts.pair(part, Reference, model, WEIGHTS[part], inputs, intermediates)

    return Port(
        "lstm_tagger",
        (
            pair("embed", lambda given: given.inputs.arrays, ("embedded",)),
            pair("recur", lambda given: {"embedded": given.intermediates["embedded"]}, ("hidden",)),
            pair("tagger", lambda given: given.inputs.arrays),
        ),
        load_inputs,
        whole="tagger",
    )


port = make_port()
