"""Real sandboxes: Docker containers, networks, images and sessions. The Docker SDK lives here."""
