"""Models, and transform jobs that score with them."""
