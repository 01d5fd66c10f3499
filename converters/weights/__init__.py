"""Weight files of gMVP: every format read, matched to the model, and written."""
