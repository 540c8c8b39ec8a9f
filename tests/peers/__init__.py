"""Servers on loopback that speak the vendors' protocols, for tests that run the vendors' own clients."""
