"""Ports of two whole models. Kept under this name for users' files."""

from parity.declaring.models import (
    Input,
    Layer,
    draw_inputs,
    port,
)

__all__ = [
    "Input",
    "Layer",
    "draw_inputs",
    "port",
]
