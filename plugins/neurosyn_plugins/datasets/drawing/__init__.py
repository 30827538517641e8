"""Drawing of the images of the stand-ins."""
