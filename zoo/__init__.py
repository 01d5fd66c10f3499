"""Published pairs of models, on which `parity init` and `parity check` are tried: `make zoo`."""
