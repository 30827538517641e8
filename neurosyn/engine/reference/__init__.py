"""The reference timing: cores, routers, links and the host as SimPy processes and resources.

In the order in which a packet meets them:

- `host.Host` and `core.TokenController` send it;
- `router.Fifo` receives it and holds a slot for it;
- `router.Merge` chooses the packet that departs;
- `link.Link` carries it to the next stage;
- `packet_network.Destination` receives it at the end of its route.

`packet_network.PacketNetwork` makes these parts from the fabric, and `timing.SimpyTiming` plays ticks with them.
`neurosyn.engine.environment` defines the order of events within an instant.
"""
