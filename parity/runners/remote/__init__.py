"""Runner of one side in another Python interpreter, which needs numpy and that side's framework.

`process.py` starts the interpreter on one file, an archive of the runner's own modules in the
syntax of Python 3.8 (`archive.py`, `older_syntax.py`), and exchanges messages (`messages.py`).
`worker.py` is what runs there; `runner.py` and `models.py` are the same side as seen from here.
"""
