"""Training: single steps, and whole runs that can be killed and resumed.

`train_step` and `train` take steps alone; `Trainer` is what `gmvp train` runs.
"""

from pt_gmvp.training.step import train, train_step

__all__ = ["train", "train_step"]
