"""The exchange of the benchmarks: it says what it has prepared as fast as the sockets take it."""
