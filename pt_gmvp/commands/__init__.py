"""One file for each command of `gmvp`."""
