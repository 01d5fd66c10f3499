"""Attention of the variant over the neighbours in its window."""

import math

import tensorflow as tf
import tf_keras

from legacy_tf.config import SCORE_TYPES, WINDOW, ConfigError

LEAKY_SLOPE = 0.2
# Added to the scores, not put in their place: with every position masked, the softmax is still one
# over the real scores.
MASKED = -1e12


class MultiHeadAttention(tf_keras.layers.Layer):
    """Attention of one query over L neighbours and a learned slot, with a feature for each pair.

    With q, k, v and p the projected query, neighbours and pairs of one head of depth D, the score
    (doi:10.1038/s42256-022-00561-w, as released) depends on `attn_score_type`:
    add: leaky_relu(agg_v . (q + k + p)),
    nn: leaky_relu(agg_v . concat(q, k, p)),
    dot: q . k + agg_pairwise . tanh(p),
    each divided by sqrt(D), plus a trained bias per position that the heads share.

    The learned slot comes after the window and is never masked.

    Raises ConfigError for an unknown score type, or if `d_model` is not a multiple of
    `num_heads`.
    """

    def __init__(
        self,
        d_model: int,
        num_heads: int,
        attn_score_type: str = "add",
        window: int = WINDOW,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if attn_score_type not in SCORE_TYPES:
            allowed = ", ".join(SCORE_TYPES)
            raise ConfigError(
                f"attn_score_type is {attn_score_type!r}; allowed is one of {allowed}"
            )
        if d_model % num_heads:
            raise ConfigError(f"d_model is {d_model}, which {num_heads} heads cannot share equally")
        self.d_model = d_model
        self.num_heads = num_heads
        self.attn_score_type = attn_score_type
        self.window = window
        # In the order of the released weight files: Keras identifies weights by order alone.
        self.wq = self._projection()
        self.wk = self._projection()
        self.wv = self._projection()
        self.out_proj = self._projection()
        self.w_pairwise = self._projection()

    def _projection(self) -> tf_keras.layers.Dense:
        return tf_keras.layers.Dense(self.d_model, dtype=self.dtype_policy)

    def build(self, input_shape) -> None:
        """Create the layer's own weights; those of its projections follow."""
        depth = self.d_model // self.num_heads
        slot = (1, 1, self.d_model)
        self._weight("position_bias", (1, 1, 1, self.window), "zeros")
        if self.attn_score_type == "dot":
            self._weight("agg_pairwise", (1, self.num_heads, 1, depth))
        else:
            parts = 3 if self.attn_score_type == "nn" else 1
            self._weight("agg_v", (1, self.num_heads, 1, parts * depth))
        self._weight("bias_k", slot)
        self._weight("bias_v", slot)
        self._weight("bias_position_bias", (1, 1, 1, 1), "zeros")
        self._weight("bias_pairwise", slot)
        super().build(input_shape)

    def _weight(
        self, name: str, shape: tuple[int, ...], initializer: str = "glorot_uniform"
    ) -> None:
        setattr(self, name, self.add_weight(name=name, shape=shape, initializer=initializer))

    def call(
        self,
        query: tf.Tensor,
        context: tf.Tensor,
        pairwise: tf.Tensor,
        mask: tf.Tensor,
        intermediates: bool = False,
    ):
        """Return the output of the attention, (B, M), in the layer's dtype.

        query (B, 1, F); context and pairwise (B, L, F); mask (B, L), 1 where a neighbour is
        ignored. With `intermediates`, returns all intermediates as a dict; see `trace`.
        """
        context, pairwise, mask = (
            tf.cast(tensor, self.compute_dtype) for tensor in (context, pairwise, mask)
        )
        q = self._split_heads(self.wq(query))
        k = self._split_heads(_append(self.wk(context), self.bias_k))
        v = self._split_heads(_append(self.wv(context), self.bias_v))
        p = self._split_heads(_append(self.w_pairwise(pairwise), self.bias_pairwise))
        scores = self._scores(q, k, p)
        attention = tf.nn.softmax(scores + self._mask_out(mask), axis=-1)
        gathered = tf.squeeze(tf.matmul(attention[:, :, tf.newaxis], v), axis=2)  # (B, H, D)
        output = self.out_proj(tf.reshape(gathered, [-1, self.d_model]))
        if not intermediates:
            return output
        return {
            "q": q,
            "k": k,
            "v": v,
            "pairwise": p,
            "scores": scores,
            "attention": attention,
            "mha": output,
        }

    def trace(self, query, context, pairwise, mask) -> dict[str, tf.Tensor]:
        """Return every intermediate of `call` by name.

        "q" (B, H, 1, D); "k", "v" and "pairwise" (B, H, L+1, D); "scores" (B, H, L+1) before the
        mask; "attention" (B, H, L+1), summing to 1; "mha" (B, M).
        """
        return self(query, context, pairwise, mask, intermediates=True)

    def _split_heads(self, x: tf.Tensor) -> tf.Tensor:
        """Split (B, T, M) into heads, (B, H, T, D); M is head-major."""
        depth = self.d_model // self.num_heads
        x = tf.reshape(x, [tf.shape(x)[0], x.shape[1], self.num_heads, depth])
        return tf.transpose(x, [0, 2, 1, 3])

    def _scores(self, q: tf.Tensor, k: tf.Tensor, p: tf.Tensor) -> tf.Tensor:
        """Return the scores of all positions, (B, H, L+1), before the mask."""
        if self.attn_score_type == "dot":
            logits = tf.reduce_sum(q * k, axis=-1)
            logits += tf.reduce_sum(self.agg_pairwise * tf.tanh(p), axis=-1)
        else:
            if self.attn_score_type == "add":
                evidence = q + k + p
            else:
                evidence = tf.concat([tf.broadcast_to(q, tf.shape(k)), k, p], axis=-1)
            # A matrix product, whose gradients round least: the softmax almost cancels them.
            logits = tf.squeeze(tf.matmul(evidence, self.agg_v, transpose_b=True), axis=-1)
            logits = leaky_relu(logits)
        bias = tf.concat([self.position_bias, self.bias_position_bias], axis=-1)
        return logits / math.sqrt(self.d_model // self.num_heads) + bias[:, :, 0]

    def _mask_out(self, mask: tf.Tensor) -> tf.Tensor:
        """Return the term that the mask (B, L) adds to the scores, (B, 1, L+1)."""
        return tf.pad(mask, [[0, 0], [0, 1]])[:, tf.newaxis] * MASKED

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        return super().get_config() | {
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "attn_score_type": self.attn_score_type,
            "window": self.window,
        }


def leaky_relu(x: tf.Tensor) -> tf.Tensor:
    """Return what tf.nn.leaky_relu does with slope 0.2; in float32, bit for bit.

    TensorFlow's own keeps the slope in float32 even if x is float64.
    """
    return tf.where(x > 0, x, LEAKY_SLOPE * x)


def _append(x: tf.Tensor, slot: tf.Tensor) -> tf.Tensor:
    """Append the learned slot (1, 1, M) at the end of (B, L, M)."""
    return tf.concat([x, tf.repeat(slot, tf.shape(x)[0], axis=0)], axis=1)
