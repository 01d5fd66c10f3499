"""BERT's encoder: both sides in transformers, small, weights drawn."""

from transformers import BertConfig, BertModel, TFBertModel

CONFIG = BertConfig(
    vocab_size=60,
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=24,
    max_position_embeddings=20,
)


def reference() -> TFBertModel:
    return TFBertModel(CONFIG)


def candidate() -> BertModel:
    return BertModel(CONFIG)
