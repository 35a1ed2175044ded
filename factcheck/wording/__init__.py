"""What the words of claims and passages say, without a model: figures, negation, reports, parts, language. English."""
