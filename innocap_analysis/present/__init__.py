"""Evidence in, figures, tables, sentences and translations out."""
