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


def new_list(org: Organisation, n: int, account: str, place: str, state: State = State.PREVIEWED) -> int:
    """A list of payments, with a line that nobody can be found for."""
    body = f"姓名,村,项目,金额,发放日期\n无此人{n},东一村,低保,1,2017-03-10".encode()
    return new_upload(org, n, account, place, state, kind="payments", name=f"清单{n}.csv", kept=(What.RAW, body))


def new_upload(
    org: Organisation,
    n: int,
    account: str,
    place: str,
    state: State = State.PREVIEWED,
    *,
    kind: str = "register",
    name: str = "",
    kept: tuple[What, bytes] = (What.MARKED, b"marked"),
) -> int:
    """One that somebody previewed, of which nothing but a workbook is kept."""
    row = {
        "digest": f"{n:064x}",
        "name": name or f"资料{n}.zip",
        "size": 1,
        "kind": kind,
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
    what, body = kept
    Kept.objects.create(upload=made, what=what, sha256=store(org.by.ring, io.BytesIO(body), 1_000).sha256)
    return made.pk


def handed_in(org: Organisation, who: str, body: bytes, name: str = "花名册.zip") -> int:
    """One that was read."""
    upload, _ = take_in(org.by, org.actor(who), NewUpload("register", name, AS_OF), io.BytesIO(body))
    staged.read(org.by, org.accounts[who], upload)
    return upload
