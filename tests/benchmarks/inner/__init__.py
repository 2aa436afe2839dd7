"""The way of a message without sockets and threads: from the bytes of a read to the subscriber."""
