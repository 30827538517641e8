"""The network of routers and links as data: servers, routes, packets and times."""
