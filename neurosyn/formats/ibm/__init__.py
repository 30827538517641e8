"""Program files of IBM's tools: JSON in the CPE format."""
