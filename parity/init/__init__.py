"""`parity init`: a port's declaration from its two models, in five steps.

1. `open_models`: build both models, determine their inputs, and describe their layers;
`own_constants` are no weights. `orders` of axes are found by calling the candidate;
`decided_orders` chooses by values where sizes fit several.
2. `units`: list the units to pair, and how the candidate could store them: `layouts` of layers
that both frameworks have, `projections` of other kinds that compute the same, `split_layers` that
are two layers in the candidate, `fused_layers` that hold several of the reference's, the layers of
`attention_heads`, or any layout that the shapes allow.
3. `search`: find the map under which most layers agree. `probe` runs both models under a map;
`plan_changes` and `branches` list alternatives.
4. `proposal`: judge how certain each match is, and choose the layers to check alone.
5. `declaration` writes the file, `report` prints it.
"""
