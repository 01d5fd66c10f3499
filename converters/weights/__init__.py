"""Weight files of gMVP: reading every format, matching to the model, and writing."""
