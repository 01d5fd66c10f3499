"""Repairs of a candidate's statements: what it should do first, again, or with another name."""
