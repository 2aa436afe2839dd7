"""What a message costs: this library, the bare loop of its parts and other clients, side by side in one run."""
