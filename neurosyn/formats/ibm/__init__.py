"""Programs in the JSON format (CPE) of IBM's tools."""
