"""Variant records, made from tables of variants and feature matrices."""
