"""Wav2Vec2, with weight norm: both sides in transformers, small, weights drawn."""

from transformers import TFWav2Vec2Model, Wav2Vec2Config, Wav2Vec2Model

CONFIG = Wav2Vec2Config(
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=24,
    conv_dim=(8, 8),
    conv_kernel=(10, 3),
    conv_stride=(5, 2),
    num_feat_extract_layers=2,
    num_conv_pos_embeddings=16,
    num_conv_pos_embedding_groups=4,
)


def reference() -> TFWav2Vec2Model:
    return TFWav2Vec2Model(CONFIG)


def candidate() -> Wav2Vec2Model:
    return Wav2Vec2Model(CONFIG)
