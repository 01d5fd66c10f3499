"""Fast form of gMVP: the same model with its sums rearranged, selected by `GMVP(form="fast")`.

Compared against the reference by the pairs `evol_encoder_fast`, `multi_head_attention_fast` and
`model_fast`. Nothing is approximated and no weight is new: every function here takes a module of
the plain form and works on that module's own parameters, which get their gradients as usual. The
plain form remains the one to read, and to test this one against.
"""
