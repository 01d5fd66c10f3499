"""SegFormer's encoder: both sides in transformers, small, weights drawn."""

from transformers import SegformerConfig, SegformerModel, TFSegformerModel

CONFIG = SegformerConfig(
    num_encoder_blocks=2,
    depths=[1, 1],
    sr_ratios=[2, 1],
    hidden_sizes=[8, 16],
    patch_sizes=[3, 3],
    strides=[2, 2],
    num_attention_heads=[1, 2],
    mlp_ratios=[2, 2],
)


def reference() -> TFSegformerModel:
    return TFSegformerModel(CONFIG)


def candidate() -> SegformerModel:
    return SegformerModel(CONFIG)
