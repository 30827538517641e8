"""Questions asked of a run: functions that take a recorded run and return tables, and scripts around them."""
