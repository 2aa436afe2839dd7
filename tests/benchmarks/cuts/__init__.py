"""What it costs until order books are right again after all their lines were cut."""
