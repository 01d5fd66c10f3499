"""Ports of two whole models. Users' files import them from here."""

from parity.declaring.model_inputs import Input, Output, draw_inputs
from parity.declaring.model_sides import Layer
from parity.declaring.models import port

__all__ = ["Input", "Layer", "Output", "draw_inputs", "port"]
