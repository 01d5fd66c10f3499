"""MobileViT: both sides in transformers, small, weights drawn."""

from transformers import MobileViTConfig, MobileViTModel, TFMobileViTModel

CONFIG = MobileViTConfig(
    image_size=32,
    hidden_sizes=[8, 8, 8],
    neck_hidden_sizes=[8, 8, 8, 8, 8, 8, 8],
    num_attention_heads=2,
)


def reference() -> TFMobileViTModel:
    return TFMobileViTModel(CONFIG)


def candidate() -> MobileViTModel:
    return MobileViTModel(CONFIG)
