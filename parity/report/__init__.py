"""What is shown of a check: one module for each form."""
