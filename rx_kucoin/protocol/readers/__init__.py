"""From a push to a message: one reader for each shape of payload."""
