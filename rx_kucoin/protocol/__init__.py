"""KuCoin's wire protocol, pure: no Rx, no I/O, no threads, no clock, no random numbers."""
