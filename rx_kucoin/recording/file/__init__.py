"""Recordings: JSON Lines in gzip, one gzip member for each block, found by its header."""
