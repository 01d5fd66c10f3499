"""An environment without TensorFlow: with this folder on the path, importing it fails."""

raise ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow")
