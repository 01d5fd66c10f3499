"""As tensorflow.py beside it."""

raise ModuleNotFoundError("No module named 'tf_keras'", name="tf_keras")
