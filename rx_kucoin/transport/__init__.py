"""The only sockets, HTTP and threads of the library."""
