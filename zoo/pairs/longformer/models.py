"""Longformer: both sides in transformers, small, weights drawn."""

from transformers import LongformerConfig, LongformerModel, TFLongformerModel

CONFIG = LongformerConfig(
    vocab_size=60,
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=24,
    max_position_embeddings=20,
    attention_window=4,
)


def reference() -> TFLongformerModel:
    return TFLongformerModel(CONFIG)


def candidate() -> LongformerModel:
    return LongformerModel(CONFIG)
