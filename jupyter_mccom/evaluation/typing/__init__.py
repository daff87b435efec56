"""A person who types: what falls when, what the front end sends and paints, and whom it asks."""
