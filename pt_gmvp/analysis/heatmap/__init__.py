"""Heat map of the scores of all substitutions in a protein; see docs/heatmap.md."""
