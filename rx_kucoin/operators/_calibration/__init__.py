"""What `calibrate` is made of."""
