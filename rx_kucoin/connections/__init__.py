"""Connections: from topics to sockets, and from frames back to messages. Read `pipeline` first.

From a stream to the wire, when `kucoin.match("BTC-USDT")` gets its first subscriber:

    Engine.stream            one shared stream for each topic: `pipeline.stream_of_topic`
    Exchange.leases          chooses the pool of the market
    Pool.leases              places the topic on a line; the line's first topic dials (`dial.connect`)
    Lease.messages           one topic's share of one connection, once the line has one
    Connection.listen        adds a listener to its `Dispatcher`, which wishes for the topic
    SubscriptionRequests     holds the wish until the rate limit lets a request pass: `Wire.send`

From the socket to `on_next`, on the thread of the connection:

    Connection._receive      hooks see the frame first
    Dispatcher.receive       decodes it, finds the listeners of its topic; what is not a push goes to `_answered`
    Relay, in_sequence       (`hand_over`) join the connections of a line, and drop repetitions
    Multicast.on_next        (`share_anew`) calls the subscribers, each of which may raise without harm to the others

A line is a place in the pool. Connections follow one another on it, by a reconnect or a renewal, and its topics stay.
"""
