"""XLNet: both sides in transformers, small, weights drawn."""

from transformers import TFXLNetModel, XLNetConfig, XLNetModel

CONFIG = XLNetConfig(vocab_size=60, d_model=16, n_layer=2, n_head=2, d_inner=24)


def reference() -> TFXLNetModel:
    return TFXLNetModel(CONFIG)


def candidate() -> XLNetModel:
    return XLNetModel(CONFIG)
