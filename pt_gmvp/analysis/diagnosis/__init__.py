"""Is it the port or the model? One file a question about a finished run, and one that weighs them.

Every question gives numbers with their standard errors and statements about them; a statement that
something is wrong is made only beyond what chance does (`noise.py`). What could not be asked, or
was not, is told as such.
"""
