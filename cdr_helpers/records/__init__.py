"""Call detail records: their columns, what is planted in the mock data, and the generator."""
