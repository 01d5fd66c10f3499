"""Fuzzing: `parity fuzz` searches for inputs on which the two sides differ, and shrinks them."""
