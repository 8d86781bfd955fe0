"""A server of the microCMS Management API, written from its public documents (edition 2025-12-10): 32 error rows."""
