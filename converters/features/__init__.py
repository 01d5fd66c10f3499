"""Feature matrices of transcripts, (protein length, 435) float64, built from raw files."""
