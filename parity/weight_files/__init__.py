"""Weight files of either framework: read without running anything in them, matched, and written.

Checkpoints of TensorFlow and files of torch.save are read by the runners of their framework; the
rest is here.
"""
