"""Files that were handed in, for tests: as rows alone, or really read."""

import io
from datetime import date

from bangfu.files.store import store
from bangfu.intake.data import NewUpload
from bangfu.intake.models import Kept, State, Step, Upload, What
from bangfu.intake.services import take_in
from bangfu.registry.imports import staged
from bangfu.registry.imports.preview import FIGURES
from tests.organisation import FIRST, Organisation

AS_OF = date(2017, 3, 31)


def new_upload(org: Organisation, n: int, account: str, place: str, state: State = State.PREVIEWED) -> int:
    """One that somebody previewed, of which nothing but a workbook is kept."""
    row = {
        "digest": f"{n:064x}",
        "name": f"资料{n}.zip",
        "size": 1,
        "kind": "register",
        "as_of": FIRST,
        "at": org.by.at,
    }
    made = Upload.objects.create(**row, account_id=org.accounts[account], place_id=org.places[place], reason="季度调整")
    Step.objects.create(
        upload=made,
        at=org.by.at,
        state=state,
        said={"digest": "0", "changes": 1, "counts": dict.fromkeys(FIGURES, 0)},
    )
    stored = store(org.by.ring, io.BytesIO(b"marked"), 100)
    Kept.objects.create(upload=made, what=What.MARKED, sha256=stored.sha256)
    return made.pk


def handed_in(org: Organisation, who: str, body: bytes, name: str = "花名册.zip") -> int:
    """One that was read."""
    upload, _ = take_in(org.by, org.actor(who), NewUpload("register", name, AS_OF), io.BytesIO(body))
    staged.read(org.by, org.accounts[who], upload)
    return upload
