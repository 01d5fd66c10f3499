"""Ports that ship with the project, found by name through the entry points `parity.ports`."""
