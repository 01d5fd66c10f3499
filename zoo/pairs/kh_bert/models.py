"""BERT: keras_hub (Keras 3) against transformers, small, weights drawn."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

from keras_hub.models import BertBackbone
from transformers import BertConfig, BertModel


def reference() -> BertBackbone:
    return BertBackbone(
        vocabulary_size=60,
        num_layers=2,
        num_heads=2,
        hidden_dim=16,
        intermediate_dim=24,
        max_sequence_length=12,
    )


def candidate() -> BertModel:
    return BertModel(
        BertConfig(
            vocab_size=60,
            num_hidden_layers=2,
            num_attention_heads=2,
            hidden_size=16,
            intermediate_size=24,
            max_position_embeddings=12,
        )
    )
