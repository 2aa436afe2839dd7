"""What it costs to record a message, and to replay one."""
