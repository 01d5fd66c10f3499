"""ConvNeXt: both sides in transformers, small, weights drawn."""

from transformers import ConvNextConfig, ConvNextModel, TFConvNextModel

CONFIG = ConvNextConfig(hidden_sizes=[8, 16], depths=[1, 2], num_stages=2)


def reference() -> TFConvNextModel:
    return TFConvNextModel(CONFIG)


def candidate() -> ConvNextModel:
    return ConvNextModel(CONFIG)
