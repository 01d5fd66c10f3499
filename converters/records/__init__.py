"""Variant records in TFRecord files, read and written without TensorFlow."""
