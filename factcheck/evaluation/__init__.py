"""How good the verdicts are: data sets with gold answers, scorers, intervals, error analysis, reports, calibration."""
