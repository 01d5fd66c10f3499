"""Recordings of a reference: made with its framework installed, used in checks without it.

A recording is a folder. Its `bundle.json` describes how it was made and holds a checksum of every
other file, each of which holds one case's traces. docs/golden.md describes the format.
"""
