"""The tools `verify_claims` and `search_corpus` for assistants, by the Model Context Protocol."""
