"""Published figures and official statistics become checked observations."""
