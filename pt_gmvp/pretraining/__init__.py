"""Self-supervised pre-training: predict a hidden position from the alignment around it.

See docs/pretraining.md for what is hidden, and why.
"""
