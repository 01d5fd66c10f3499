"""T5, encoder and decoder: both sides in transformers, small, weights drawn."""

from transformers import T5Config, T5Model, TFT5Model

CONFIG = T5Config(
    vocab_size=60, d_model=16, d_kv=8, d_ff=24, num_layers=2, num_heads=2, tie_word_embeddings=True
)


def reference() -> TFT5Model:
    return TFT5Model(CONFIG)


def candidate() -> T5Model:
    return T5Model(CONFIG)
