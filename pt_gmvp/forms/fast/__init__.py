"""The same model with its sums rearranged: what `GMVP(form="fast")` computes with.

Nothing is approximated and no weight is new: every function here takes a module of the plain form
and works on that module's own parameters, which get their gradients as ever. The plain form stays
the one to read, and to hold this one to.
"""
