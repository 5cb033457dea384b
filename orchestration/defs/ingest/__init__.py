"""Raw assets: bills as delivered."""
