"""The monthly deliberation meeting (议事会), from its series and agenda to published minutes."""
