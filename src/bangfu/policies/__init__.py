"""The rulebook as an office works with it: its open readings answered for, its parameters published by two people, tried out before."""
