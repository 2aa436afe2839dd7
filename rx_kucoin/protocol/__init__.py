"""KuCoin's conversation, pure: no Rx, no I/O, no threads, no clock, no dice."""
