"""Vision transformer: both sides in transformers, small, weights drawn."""

from transformers import TFViTModel, ViTConfig, ViTModel

CONFIG = ViTConfig(
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=24,
    image_size=16,
    patch_size=8,
)


def reference() -> TFViTModel:
    return TFViTModel(CONFIG)


def candidate() -> ViTModel:
    return ViTModel(CONFIG)
