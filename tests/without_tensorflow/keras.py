"""As tensorflow.py beside it."""

raise ModuleNotFoundError("No module named 'keras'", name="keras")
