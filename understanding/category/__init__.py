"""What a matter is about and what the person wants: words, and a model trained on texts."""
