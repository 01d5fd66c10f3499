"""ResNet: both sides in transformers, small, weights drawn."""

from transformers import ResNetConfig, ResNetModel, TFResNetModel

CONFIG = ResNetConfig(
    embedding_size=8, hidden_sizes=[8, 16], depths=[2, 1], layer_type="bottleneck"
)


def reference() -> TFResNetModel:
    return TFResNetModel(CONFIG)


def candidate() -> ResNetModel:
    return ResNetModel(CONFIG)
