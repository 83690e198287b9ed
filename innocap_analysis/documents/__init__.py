"""What people hand on: a brief as a page, PDF, Word, PowerPoint and Excel file, and its figures."""
