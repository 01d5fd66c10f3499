"""Funnel Transformer: both sides in transformers, small, weights drawn."""

from transformers import FunnelConfig, FunnelModel, TFFunnelModel

CONFIG = FunnelConfig(
    vocab_size=60,
    block_sizes=[1, 1],
    num_decoder_layers=1,
    d_model=16,
    n_head=2,
    d_head=8,
    d_inner=24,
    max_position_embeddings=20,
)


def reference() -> TFFunnelModel:
    return TFFunnelModel(CONFIG)


def candidate() -> FunnelModel:
    return FunnelModel(CONFIG)
