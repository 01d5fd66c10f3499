"""The subcommands of `parity`, one file each."""
