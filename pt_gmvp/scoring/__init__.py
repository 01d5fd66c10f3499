"""`gmvp score` and `gmvp predict`: tables of scores, of whole proteomes or of given variants.

`shared_run` is a run of several processes; `parts` and `folder` keep what is done. `running` scores
proteomes: `transcripts` lists and shares the work, `working` scores a share, `merging` makes the
table. `predicting` scores the variants of tables: `blocks` cuts them, `block_scores` scores them,
`reasons` says why one has no score; `predicting_records` those of records. `predictions` is the
table of either.
"""
