"""Ports of two whole models. Users' files import them from here."""

from parity.declaring.models import Input, Layer, draw_inputs, port

__all__ = ["Input", "Layer", "draw_inputs", "port"]
