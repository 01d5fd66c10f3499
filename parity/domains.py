"""Domains: the values that an input may take. Users' files import them from here."""

from parity.declaring.domains import Domain, derived, domains

__all__ = ["Domain", "derived", "domains"]
