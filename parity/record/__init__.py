"""Recordings of a reference: made where its framework is at hand, checked against where it is not.

A bundle is a folder: `bundle.json` says how it came to be, and holds a checksum of every other
file; each of those is one case's traces. docs/golden.md describes the format.
"""
