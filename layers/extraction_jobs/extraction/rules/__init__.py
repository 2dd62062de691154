"""Where values are found: each rule finds candidate values with their places."""
