"""The registry's own."""

from importlib import import_module

Migration = import_module("bangfu.registry.migrations.0002_room_in_lists").Migration
