"""Whisper, encoder and decoder: both sides in transformers, small, weights drawn."""

from transformers import TFWhisperModel, WhisperConfig, WhisperModel

CONFIG = WhisperConfig(
    vocab_size=60,
    num_mel_bins=8,
    d_model=16,
    encoder_layers=2,
    encoder_attention_heads=2,
    decoder_layers=2,
    decoder_attention_heads=2,
    encoder_ffn_dim=24,
    decoder_ffn_dim=24,
    max_source_positions=10,
    max_target_positions=10,
    pad_token_id=0,
    bos_token_id=1,
    eos_token_id=2,
    decoder_start_token_id=1,
)


def reference() -> TFWhisperModel:
    return TFWhisperModel(CONFIG)


def candidate() -> WhisperModel:
    return WhisperModel(CONFIG)
