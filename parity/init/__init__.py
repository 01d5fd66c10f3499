"""`parity init`: a port's declaration from its two models, in five steps.

1. `open_models`: build both models, find out their inputs, and describe their layers.
2. `units`: list what is paired, and how the candidate could hold it: `layouts` of layers that both
   frameworks know, `split_layers` that the candidate has as two, or whatever a shape allows.
3. `search`: look for the map under which most agrees. `probe` runs both models under a map;
   `plan_changes` and `branches` list what else could be tried.
4. `proposal`: judge how certain each match is, and choose the layers to check alone.
5. `declaration` writes the file, `report` prints it.
"""
