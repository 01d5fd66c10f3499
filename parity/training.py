"""Trainings in lockstep. Users' files import them from here."""

from parity.declaring.training import Course, Learner, Training, TrainingSide, split

__all__ = ["Course", "Learner", "Training", "TrainingSide", "split"]
