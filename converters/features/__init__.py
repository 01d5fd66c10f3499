"""From a transcript's raw files to its feature matrix, (protein length, 435) float64."""
