"""The score of every substitution of a protein as one map, for a talk or a browser.

Described in docs/heatmap.md.
"""
