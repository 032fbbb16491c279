"""The operator's page in a browser: the robot in 3-D, what it sees and thinks, stop and release."""
