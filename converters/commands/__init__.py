"""The subcommands of `gmvp-convert`, a file each."""
