"""Triggers and workflows: what starts jobs and crawlers by the clock, on demand, or after each other."""
