"""What the database refuses of the room's rows, by the register's own triggers: a step, a signature and a day's figures stay as written.

Of a task only what follows from its last step may change, and what an assessment says of it; of a submission, that it was decided on.
"""

from collections.abc import Mapping

from bangfu.registry.protection import How, Room

KEPT: Mapping[str, Mapping[str, How]] = {
    "task": {
        "state": "derived",
        "unsettled": "derived",
        "post_id": "derived",
        "due_on": "derived",
        "place_id": "derived",
        "stands": "derived",
        "verdict": "derived",
        "amount": "derived",
        "decided_amount": "derived",
    },
    "taskstep": {},
    "round": {"closed_id": "once"},
    "submission": {
        "state": "derived",
        "decided_by_id": "once",
        "decided_at": "once",
        "decision_id": "once",
    },
    "rectification": {},
    "dayfigures": {},
}
ROOM = Room("casework", KEPT)
