"""Operations of the two sides lined up: what the reference computes where the candidate parts."""
