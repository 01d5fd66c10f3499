"""CLIP, text and image: both sides in transformers, small, weights drawn."""

from transformers import CLIPConfig, CLIPModel, TFCLIPModel

CONFIG = CLIPConfig(
    text_config={
        "vocab_size": 60,
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 24,
        "max_position_embeddings": 20,
        "bos_token_id": 1,
        "eos_token_id": 2,
    },
    vision_config={
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 24,
        "image_size": 16,
        "patch_size": 8,
    },
    projection_dim=12,
)


def reference() -> TFCLIPModel:
    return TFCLIPModel(CONFIG)


def candidate() -> CLIPModel:
    return CLIPModel(CONFIG)
