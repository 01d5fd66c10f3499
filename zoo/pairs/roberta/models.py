"""RoBERTa's encoder, with padding_idx: both sides in transformers, small, weights drawn."""

from transformers import RobertaConfig, RobertaModel, TFRobertaModel

CONFIG = RobertaConfig(
    vocab_size=60,
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=24,
    max_position_embeddings=20,
)


def reference() -> TFRobertaModel:
    return TFRobertaModel(CONFIG)


def candidate() -> RobertaModel:
    return RobertaModel(CONFIG)
