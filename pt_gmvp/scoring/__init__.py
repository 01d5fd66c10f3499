"""`gmvp score` and `gmvp predict`: tables of scores, of whole proteomes or of given variants.

`running` is a whole run: `transcripts` lists and shares the work, `working` scores a share,
`parts` and `folder` keep what is done, `merging` makes the table. `predicting` scores variants.
"""
