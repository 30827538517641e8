"""What plugin authors and the project test with."""
