"""What suites share: positions and their data, answers, rows that go on, and on what it was measured."""
