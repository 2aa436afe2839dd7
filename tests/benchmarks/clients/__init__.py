"""The clients that are measured, one process each; all hand every message to the same subscriber."""
