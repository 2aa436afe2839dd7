"""Sockets, TLS, proxies and HTTP."""
