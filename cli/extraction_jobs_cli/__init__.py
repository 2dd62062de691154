"""`extraction-jobs`: the jobs of a deployment from the terminal. Talks to the HTTP API and to nothing else."""
