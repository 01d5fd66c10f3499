"""Swin transformer: both sides in transformers, small, weights drawn."""

from transformers import SwinConfig, SwinModel, TFSwinModel

CONFIG = SwinConfig(
    image_size=32, patch_size=4, embed_dim=8, depths=[2, 2], num_heads=[2, 2], window_size=4
)


def reference() -> TFSwinModel:
    return TFSwinModel(CONFIG)


def candidate() -> SwinModel:
    return SwinModel(CONFIG)
