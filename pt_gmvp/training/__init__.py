"""Training: single steps, and whole runs that can be killed and gone on with.

`train_step` and `train` are the steps alone; `Trainer` is what `gmvp train` runs.
"""

from pt_gmvp.training.step import LabelError, train, train_step

__all__ = ["LabelError", "train", "train_step"]
