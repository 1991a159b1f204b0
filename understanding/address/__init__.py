"""How people write where they live: doors, and the parts of an address line."""
