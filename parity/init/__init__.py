"""Proposes a port's declaration from two models: pairs, weight map, and what is not sure.

`survey` is what a runner tells of a model, `rules` and `generic` are the ways to hold a weight,
`probing` and `search` try them, `proposal` judges, `writing` writes it down.
"""
