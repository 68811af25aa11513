"""Files that an installation keeps: sealed on disk, and named by the digest of what they hold."""
