"""Lines, connections and topics: from a wish to messages."""
