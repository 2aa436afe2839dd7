"""The file format of recordings: JSON lines in gzip, one gzip member for each block."""
