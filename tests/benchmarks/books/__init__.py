"""What a change of an order book costs, here and in other containers."""
