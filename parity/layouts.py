"""Weight maps between Keras' and PyTorch's layouts. Users' files import them from here."""

from parity.declaring.layouts import *  # noqa: F403
