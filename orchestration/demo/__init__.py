"""The demo company Acme: bills in the providers' own formats, with known truths."""
