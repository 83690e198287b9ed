"""A questionnaire and its files become safe results of groups of people."""
