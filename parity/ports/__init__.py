"""Ports that come with the project, each found by name through the entry points `parity.ports`."""
