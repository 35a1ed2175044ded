"""Claims to hits: where evidence for a claim is looked for."""
