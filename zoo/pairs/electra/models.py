"""ELECTRA's encoder: both sides in transformers, small, weights drawn."""

from transformers import ElectraConfig, ElectraModel, TFElectraModel

CONFIG = ElectraConfig(
    vocab_size=60,
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=24,
    max_position_embeddings=20,
    embedding_size=8,
)


def reference() -> TFElectraModel:
    return TFElectraModel(CONFIG)


def candidate() -> ElectraModel:
    return ElectraModel(CONFIG)
