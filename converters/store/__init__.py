"""The tensor store: variant records as safetensors shards, each distinct residue row once."""
