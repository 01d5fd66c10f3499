"""What a model looks at when it scores a variant: attention, co-evolution, species weights.

Described in docs/explain.md, with what attention does not say.
"""
