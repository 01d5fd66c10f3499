"""Conversion of gMVP's weights, records and features between programs; knows no framework."""
