"""RegNet: both sides in transformers, small, weights drawn."""

from transformers import RegNetConfig, RegNetModel, TFRegNetModel

CONFIG = RegNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 2], groups_width=4)


def reference() -> TFRegNetModel:
    return TFRegNetModel(CONFIG)


def candidate() -> RegNetModel:
    return RegNetModel(CONFIG)
