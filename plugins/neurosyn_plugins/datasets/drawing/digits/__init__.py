"""Drawing of house numbers."""
