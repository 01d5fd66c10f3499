"""Both sides trained in lockstep: how far they part, how far right runs do, what is at fault."""
