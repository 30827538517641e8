"""Program files, spike files and other tools' formats."""
