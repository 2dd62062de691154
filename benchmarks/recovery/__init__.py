"""How long a killed worker's job says `running`: the distribution over hundreds of kills, and its plot."""
