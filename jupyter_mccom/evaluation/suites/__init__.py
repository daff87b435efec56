"""What is measured, a file a suite; `run_suite.py` names them."""
