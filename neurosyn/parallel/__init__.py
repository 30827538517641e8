"""Jobs on several processes or machines: their files, the processes that run them, and the commands that wait."""
