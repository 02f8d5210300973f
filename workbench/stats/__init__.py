"""Statistics that several stages share: functions of NumPy and SciPy alone, each with its source."""
