"""Self-supervised pre-training: a hidden position told from the alignment around it.

See docs/pretraining.md for what is hidden, and why.
"""
