"""Many targets at once: each a unit of work that goes to any executor and costs, if it fails, only its own line."""
