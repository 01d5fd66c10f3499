"""Ports of two whole models. Users' files import them from here."""

from parity.declaring.model_inputs import Input, Output, draw_inputs
from parity.declaring.models import Layer, port

__all__ = ["Input", "Layer", "Output", "draw_inputs", "port"]
