"""`python -m extraction_jobs_cli`, where the command is not installed."""

from extraction_jobs_cli.main import run

if __name__ == "__main__":
    run()
