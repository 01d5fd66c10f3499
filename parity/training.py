"""Trainings that both sides go through in lockstep. Kept under this name for users' files."""

from parity.declaring.training import (
    Course,
    Learner,
    Training,
    TrainingSide,
    split,
)

__all__ = [
    "Course",
    "Learner",
    "Training",
    "TrainingSide",
    "split",
]
