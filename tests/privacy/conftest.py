from tests.audit.conftest import committed

__all__ = ["committed"]
