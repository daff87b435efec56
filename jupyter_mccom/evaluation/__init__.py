"""`jupyter mccom bench`: start in `run_suite.py`; `README.md` says what was measured."""
