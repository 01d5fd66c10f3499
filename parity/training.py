"""Trainings in lockstep and training mode. Users' files import them from here."""

from parity.declaring.training import Course, Learner, Training, TrainingSide, split
from parity.declaring.training_mode import in_training

__all__ = ["Course", "Learner", "Training", "TrainingSide", "in_training", "split"]
