"""Made-up survey answers for learning and testing, marked SYNTHETIC wherever they show."""
