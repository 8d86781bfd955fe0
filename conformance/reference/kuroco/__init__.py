"""A server of one Kuroco site, written from the vendor's documents: accounts, tokens, topics and their validation."""
