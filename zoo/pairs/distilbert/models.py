"""DistilBERT's encoder: both sides in transformers, small, weights drawn."""

from transformers import DistilBertConfig, DistilBertModel, TFDistilBertModel

CONFIG = DistilBertConfig(
    vocab_size=60, dim=16, n_layers=2, n_heads=2, hidden_dim=24, max_position_embeddings=20
)


def reference() -> TFDistilBertModel:
    return TFDistilBertModel(CONFIG)


def candidate() -> DistilBertModel:
    return DistilBertModel(CONFIG)
