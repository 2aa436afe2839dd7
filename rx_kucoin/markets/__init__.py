"""What each market offers: the methods of `KuCoin`."""
