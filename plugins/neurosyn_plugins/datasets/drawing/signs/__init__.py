"""Drawing of traffic signs."""
