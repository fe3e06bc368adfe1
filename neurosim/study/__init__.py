"""Compare learning rules fairly: plan the runs of a study, train, log, resume."""
