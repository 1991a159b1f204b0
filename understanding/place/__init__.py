"""Where a matter is: names, sounds, slips, landmarks, pins, and what is known of a community."""
