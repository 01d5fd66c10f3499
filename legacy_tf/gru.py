"""GRU cell that joins the variant with the output of the attention."""

from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf
import tf_keras


class GRUCell(tf_keras.layers.GRUCell):
    """Keras 2's GRU cell (`reset_after`) that accepts given dropout masks.

    With gates in the order z, r, h, a bias for the input and one for the state:
    h~ = tanh(x_h + r * (U_h s + b_h)), new state = z * s + (1 - z) * h~. In training, dropout acts
    on the input and on the state before the products; the s of `z * s` is never dropped. With
    recurrent dropout, Keras uses its implementation 1: three masks each, for z, r and h.

    Quirk, as released: without a recurrent layer around it, the cell keeps the masks of its first
    call. In eager mode, until `reset_masks`, an inference call disables later dropout, a training
    call leaks dropout into inference, and a batch of another size fails. In a `tf.function` the
    masks belong to the graph: each run draws new ones, but two calls within a run share them.
    """

    def __init__(self, units: int, dropout_rate: float = 0.0, **kwargs):
        super().__init__(units, dropout=dropout_rate, recurrent_dropout=dropout_rate, **kwargs)
        self._given_masks = None

    def call(self, inputs: tf.Tensor, state: tf.Tensor, training: bool = False, masks=None):
        """Return the new state (B, M) from inputs (B, F) and the old state (B, M).

        masks, if given, are applied regardless of `training`: a pair of arrays, (3, B, F) for the
        inputs and (3, B, M) for the state, in the order z, r, h and already scaled, so that kept
        elements are 1 / (1 - rate). Raises ValueError if the rate is 0, because Keras would
        silently ignore them.
        """
        state = tf.cast(state, self.compute_dtype)
        with self._masks_given(masks):
            output, _ = super().call(inputs, state, training=training)
        return output

    def reset_masks(self) -> None:
        """Forget the masks of earlier calls."""
        self.reset_dropout_mask()
        self.reset_recurrent_dropout_mask()

    @contextmanager
    def _masks_given(self, masks) -> Iterator[None]:
        if masks is None:
            yield
            return
        if not self.dropout:
            raise ValueError("dropout masks were given to a GRU cell whose dropout_rate is 0")
        # A function, because Keras wraps lists and tuples that are assigned to a layer.
        inputs, state = (tf.unstack(tf.cast(m, self.compute_dtype), num=3) for m in masks)
        self._given_masks = lambda: (inputs, state)
        try:
            yield
        finally:
            self._given_masks = None

    def get_dropout_mask_for_cell(self, inputs, training, count=1):
        """Return the masks of the input: the given ones, or those that Keras draws or has kept."""
        if self._given_masks:
            return self._given_masks()[0]
        return super().get_dropout_mask_for_cell(inputs, training, count)

    def get_recurrent_dropout_mask_for_cell(self, inputs, training, count=1):
        """Return the masks of the state: the given ones, or those that Keras draws or has kept."""
        if self._given_masks:
            return self._given_masks()[1]
        return super().get_recurrent_dropout_mask_for_cell(inputs, training, count)

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        keras = super().get_config()
        rate = keras.pop("dropout")
        del keras["recurrent_dropout"], keras["implementation"]
        return keras | {"dropout_rate": rate}
