"""Spark as the other engine. `worker` alone imports pyspark, in a process of its own; `session` asks it for work.

Whoever does not choose Spark loads none of it, so this door shows nothing.
"""
