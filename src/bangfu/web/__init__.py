"""The desk in the browser: translate a request, make one call, render what came of it."""
