"""Reports as pages that open from disk: no server, no network, nothing of a transcript runs."""
