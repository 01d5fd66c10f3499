"""The tensor store: variant records in safetensors shards, with each distinct residue row once."""
