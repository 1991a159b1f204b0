"""Resolutions (决议), from the meeting that records them to their verified end."""
