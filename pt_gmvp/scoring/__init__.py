"""`gmvp score` and `gmvp predict`: tables of scores, of whole proteomes or of given variants.

`running` is a whole run: `transcripts` says which, `sharing` who does what, `reading` gives
matrices, `engine` scores by what `arithmetic` has, `parts` keeps what is done, `merging` makes the
table of it.
"""
