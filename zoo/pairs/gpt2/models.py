"""GPT-2: both sides in transformers, small, weights drawn."""

from transformers import GPT2Config, GPT2Model, TFGPT2Model

CONFIG = GPT2Config(vocab_size=60, n_embd=16, n_layer=2, n_head=2, n_positions=20)


def reference() -> TFGPT2Model:
    return TFGPT2Model(CONFIG)


def candidate() -> GPT2Model:
    return GPT2Model(CONFIG)
