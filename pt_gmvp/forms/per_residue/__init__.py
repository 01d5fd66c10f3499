"""What a score is computed with, each number once for as much as it holds for.

`protein` is what no model changes; `folding` is a model made ready; `rows` is what a model makes of
each position of a protein; `counting` and `inverting` relate a residue to its window, `pairs` make
logits of that; `attention` and `joining` are what is left to do for each of 20 substitutions.
"""
