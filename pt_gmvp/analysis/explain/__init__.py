"""Explanation of a variant's score: attention, co-evolution and species weights.

See docs/explain.md, also for what attention does not show.
"""
