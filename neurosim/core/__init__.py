"""Arrays, random numbers, errors, checks and basics of compiled code; no science, and nothing of ours below it."""
