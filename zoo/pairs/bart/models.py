"""BART, encoder and decoder: both sides in transformers, small, weights drawn."""

from transformers import BartConfig, BartModel, TFBartModel

CONFIG = BartConfig(
    vocab_size=60,
    d_model=16,
    encoder_layers=2,
    encoder_attention_heads=2,
    decoder_layers=2,
    decoder_attention_heads=2,
    encoder_ffn_dim=24,
    decoder_ffn_dim=24,
    max_position_embeddings=20,
)


def reference() -> TFBartModel:
    return TFBartModel(CONFIG)


def candidate() -> BartModel:
    return BartModel(CONFIG)
