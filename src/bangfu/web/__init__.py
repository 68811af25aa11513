"""The desk in a browser: each view reads the request, makes one domain call and renders what came of it."""
