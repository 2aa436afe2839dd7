"""What was recorded, once more, in its own time."""
