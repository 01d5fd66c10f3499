"""Coverage of the candidate's own code by a check: lines and branches that no case executed."""
