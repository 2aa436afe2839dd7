"""A certificate for loopback, made for one run."""

import ssl
import subprocess
from pathlib import Path

__all__ = ["certificate", "serving"]


def certificate(path: Path) -> Path:
    """Make a certificate that signs itself; the key stands in the same file."""
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=loopback"
    name = "subjectAltName=IP:127.0.0.1,DNS:localhost"
    made = subprocess.run(
        [*command.split(), "-addext", name, "-keyout", "-", "-out", "-"], check=True, capture_output=True
    )
    path.write_bytes(made.stdout)
    return path


def serving(pem: Path) -> ssl.SSLContext:
    """Serve with it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
