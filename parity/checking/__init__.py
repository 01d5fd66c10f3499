"""Checking of a case, from its declaration to its verdict, isolated and in cascade."""
