"""What a check executes of the candidate's own code, by line and branch, and what it does not."""
