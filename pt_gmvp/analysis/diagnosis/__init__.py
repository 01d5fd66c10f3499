"""Diagnosis of a finished run: is it the port or the model? One file per question, and a verdict.

Every question gives numbers with standard errors, and findings. A finding names a fault only if it
is beyond chance (`estimates.py`). Questions that were skipped are reported with the reason.
"""
