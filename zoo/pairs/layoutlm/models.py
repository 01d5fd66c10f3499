"""LayoutLM's encoder, with boxes: both sides in transformers, small, weights drawn."""

from transformers import LayoutLMConfig, LayoutLMModel, TFLayoutLMModel

CONFIG = LayoutLMConfig(
    vocab_size=60,
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=24,
    max_position_embeddings=20,
    max_2d_position_embeddings=32,
)


def reference() -> TFLayoutLMModel:
    return TFLayoutLMModel(CONFIG)


def candidate() -> LayoutLMModel:
    return LayoutLMModel(CONFIG)
