"""ALBERT's encoder, one layer used twice: both sides in transformers, small, weights drawn."""

from transformers import AlbertConfig, AlbertModel, TFAlbertModel

CONFIG = AlbertConfig(
    vocab_size=60,
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=24,
    max_position_embeddings=20,
    embedding_size=8,
)


def reference() -> TFAlbertModel:
    return TFAlbertModel(CONFIG)


def candidate() -> AlbertModel:
    return AlbertModel(CONFIG)
