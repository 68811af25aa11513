"""A file is handed in, previewed, applied or withdrawn, and undone, in the browser; the jobs run at once."""

import io
import re
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from bangfu.access.data import Actor
from bangfu.audit.data import By
from bangfu.audit.models import Entry, EntryText
from bangfu.engine.register.archive import MOST_FILES
from bangfu.intake.data import LONGEST_NAME
from bangfu.intake.kinds import kinds
from bangfu.intake.models import Kept, Step, Upload
from bangfu.intake.services import KEPT, remove_old
from bangfu.kernel.errors import DomainError
from bangfu.registry.imports import staged
from bangfu.registry.models import Act, Household, Statement
from bangfu.registry.tasks import apply_upload, read_upload
from bangfu.web.uploads import Bounded
from tests.organisation import RING, Organisation
from tests.registry.test_imports import TABLES, Tables, changed, shuffled, written
from tests.registry.test_national import HOUSEHOLDS as NATIONAL_HOUSEHOLDS
from tests.registry.test_national import PERSONS as NATIONAL_PERSONS
from tests.registry.test_national import sheet
from tests.web.conftest import SignedIn

DAY = "2017-03-31"
NUMBER, VILLAGE = TABLES["person"][0]["id_number"], TABLES["household"][0]["village_code"]


def packed(folder: Path, tables: Tables, inside: str = "") -> bytes:
    """The tables as CSV in one archive: the same bytes whenever it is made."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(written(folder / "register", tables).iterdir()):
            archive.writestr(zipfile.ZipInfo(inside + path.name), path.read_bytes())
    return made.getvalue()


def workbook(tables: Tables) -> bytes:
    book = openpyxl.Workbook()
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        columns = list(dict.fromkeys(column for row in rows for column in row))
        sheet.append(columns)
        for row in rows:
            sheet.append([row.get(column, "") for column in columns])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


class Desk:
    def __init__(self, browser: SignedIn, folder: Path, who: str) -> None:
        self.client, self.folder = browser(who), folder

    def hand_in(self, body: bytes, name: str = "花名册.zip", as_of: str = DAY) -> Any:
        given = {"file": SimpleUploadedFile(name, body), "as_of": as_of, "reason": "季度调整"}
        return self.client.post(reverse("web:imports"), given)

    def bring(self, tables: Tables, **more: str) -> int:
        """Hand in, and return which upload it is."""
        answer = self.hand_in(packed(self.folder, tables), **more)
        assert answer.status_code == 302, answer.content.decode()
        return int(answer["Location"].rstrip("/").rpartition("/")[2])

    def page(self, upload: int, **asked: str) -> str:
        return str(self.client.get(reverse("web:import", args=[upload]), asked).content.decode())

    def apply(self, upload: int, agreed: str | None = None) -> Any:
        given = agreed or state_of(upload).said["digest"]
        return self.client.post(reverse("web:import-apply", args=[upload]), {"agreed": given})

    def do(self, name: str, upload: int, **given: str) -> Any:
        return self.client.post(reverse(f"web:import-{name}", args=[upload]), {"sure": "1", **given})


@pytest.fixture
def desk(browser: SignedIn, tmp_path: Path) -> Desk:
    return Desk(browser, tmp_path, "subdistrict")


def state_of(upload: int) -> Step:
    found = Step.objects.unscoped("test").filter(upload=upload).order_by("-pk").first()
    assert found is not None
    return found


def households() -> set[str]:
    return set(Household.objects.unscoped("test").values_list("number", flat=True))


def entries(act: str) -> int:
    return Entry.objects.filter(act=act).count()


def test_a_file_is_previewed_first_and_changes_nothing_until_it_is_confirmed(desk: Desk) -> None:
    upload = desk.bring(TABLES)
    page = desk.page(upload)
    assert "待确认" in page
    assert all(said in page for said in ("甲一", "未脱贫", "逐项变动"))
    assert "371102196003010010" not in page
    assert households() == set()
    assert desk.apply(upload).status_code == 302
    assert state_of(upload).state == "applied"
    assert households() == {"H1", "H2"}
    assert entries("registry.import") == 1
    assert "导入结果" in desk.page(upload)


def test_it_is_undone_from_the_page_that_shows_it_once(desk: Desk) -> None:
    upload = desk.bring(TABLES)
    desk.apply(upload)
    assert "撤销导入" in desk.page(upload)
    assert desk.do("undo", upload, reason="传错了").status_code == 302
    page = desk.page(upload)
    assert "已撤销" in page
    assert "已撤销" in desk.client.get(reverse("web:imports")).content.decode()
    assert "撤销导入" not in page
    assert desk.do("undo", upload, reason="再撤一次")["Location"] == reverse("web:import", args=[upload])


def test_faults_are_shown_by_their_cells_and_given_back_marked(desk: Desk) -> None:
    upload = desk.bring(changed("household", 0, status="很穷"))
    page = desk.page(upload)
    assert "户!C2" in page
    assert "很穷" in page
    answer: Any = desk.client.get(reverse("web:import-marked", args=[upload]))
    assert answer["Content-Disposition"].startswith("attachment")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert book["户"]["C2"].comment is not None
    assert desk.apply(upload, "x")["Location"] == reverse("web:import", args=[upload])
    assert households() == set()


def test_a_marked_workbook_that_was_mended_is_taken_as_it_is(desk: Desk) -> None:
    upload = desk.bring(changed("household", 0, status="很穷"))
    answer: Any = desk.client.get(reverse("web:import-marked", args=[upload]))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    book["户"]["C2"].value = "未脱贫"
    mended = io.BytesIO()
    book.save(mended)
    again = desk.hand_in(mended.getvalue(), "标红.xlsx")
    assert state_of(int(again["Location"].rstrip("/").rpartition("/")[2])).state == "previewed"


def marked(client: Any, upload: int, **given: str) -> Any:
    """The marked workbook asked for; `given` on the form that others than its bringer are shown."""
    address = reverse("web:import-marked", args=[upload])
    return client.post(address, given) if given else client.get(address)


def numbers_in(answer: Any) -> bool:
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    return any(cell.value == NUMBER for sheet in book for row in sheet.iter_rows() for cell in row)


def test_who_brought_a_file_takes_its_marked_workbook_back_and_each_time_is_recorded(
    desk: Desk, browser: SignedIn, org: Organisation
) -> None:
    upload = desk.bring(changed("household", 0, status="很穷"))
    assert numbers_in(marked(browser("subdistrict", sure=False), upload))
    assert numbers_in(marked(desk.client, upload))
    said = {"act": "intake.take_marked", "subject": f"upload:{upload}", "place": org.places["371102008"]}
    assert Entry.objects.filter(**said, actor=f"account:{org.accounts['subdistrict']}").count() == 2


def test_whole_numbers_in_somebody_elses_file_need_what_showing_a_number_needs(
    desk: Desk, browser: SignedIn, org: Organisation
) -> None:
    upload = desk.bring(changed("household", 0, status="很穷"))
    unsure = marked(browser("officer", sure=False), upload)
    assert unsure["Location"].startswith(reverse("web:code"))
    officer = browser("officer")
    assert "里面有完整证件号码" in marked(officer, upload).content.decode()
    assert "里面有完整证件号码" in marked(officer, upload, reason=" ").content.decode()
    with pytest.raises(DomainError):
        staged.marked(replace(org.by, reason=""), org.actor("officer"), upload)
    assert entries("intake.reveal_marked") == 0
    assert numbers_in(marked(officer, upload, reason="协助村里改正"))
    (entry,) = Entry.objects.filter(act="intake.reveal_marked", subject=f"upload:{upload}")
    assert EntryText.objects.get(entry=entry).body["reason"] == "协助村里改正"


def test_who_may_not_show_numbers_is_not_offered_a_colleagues_marked_workbook_and_not_given_it(
    desk: Desk, browser: SignedIn, org: Organisation
) -> None:
    upload = desk.bring(changed("household", 0, status="很穷"))
    org.add("colleague")
    org.open("colleague", "subdistrict", "371102008")
    org.seat("colleague", "colleague")
    colleague, address = browser("colleague"), reverse("web:import-marked", args=[upload])
    page = colleague.get(reverse("web:import", args=[upload])).content.decode()
    assert address not in page
    assert "由上传人下载" in page
    assert address in desk.page(upload)
    assert address in browser("officer", sure=False).get(reverse("web:import", args=[upload])).content.decode()
    assert marked(colleague, upload).status_code == 403
    # What was wanting is recorded, and not what opens the page.
    refused = Entry.objects.filter(act="access.denied").latest("pk")
    assert (refused.subject, refused.text.body["permission"]) == (f"upload:{upload}", "households.reveal")
    assert marked(colleague, upload, reason="看看").status_code == 403


def page_of_faults(desk: Desk, book: bytes) -> str:
    return str(desk.client.get(desk.hand_in(book, "花名册.xlsx")["Location"]).content.decode())


def test_a_list_of_faults_shows_no_more_of_a_number_than_its_last_four(desk: Desk) -> None:
    odd: Any = {"id_number": int(NUMBER), "relation": f"户主{NUMBER}", "birth_date": NUMBER[:-1]}
    page = page_of_faults(desk, workbook(changed("person", 0, **odd)))
    assert all(said in page for said in ("末尾几位已经丢失", "户主**************0010", ">*************1001<"))
    assert not re.search(f"{NUMBER[:6]}[0-9]", page.replace(VILLAGE, ""))


def test_a_list_of_faults_of_a_national_export_hides_numbers_under_whatever_header(desk: Desk) -> None:
    odd: Any = {name: value for name, value in NATIONAL_PERSONS[0].items() if name != "证件号码"}
    # Without a month of birth it looks like no number of an ID; the header alone says that it is one.
    odd["身份证 号码"] = 371102_1960_93_01001
    tables = {"贫困户": NATIONAL_HOUSEHOLDS, "家庭成员": [odd]}
    page = page_of_faults(desk, sheet(desk.folder / "odd.xlsx", tables).read_bytes())
    assert "末尾几位已经丢失" in page
    assert ">*************" in page
    assert "3711021960" not in page


def test_the_same_bytes_lead_to_the_earlier_upload_under_whatever_name(desk: Desk) -> None:
    body = packed(desk.folder, TABLES)
    first = desk.hand_in(body)
    again = desk.hand_in(body, "另一个名字.zip")
    assert first["Location"] == again["Location"]
    assert "已上传过" in desk.client.get(again["Location"]).content.decode()
    assert Upload.objects.unscoped("test").count() == 1
    assert desk.hand_in(body, as_of="2017-06-30")["Location"] != first["Location"]


@pytest.mark.parametrize(
    "again",
    [
        lambda desk: (workbook(TABLES), "另存.xlsx"),
        lambda desk: (packed(desk.folder, shuffled()), "重排.zip"),
        lambda desk: (packed(desk.folder, TABLES, "资料/"), "文件夹.zip"),
    ],
    ids=["saved again as a workbook", "in another order", "packed with its folder"],
)
def test_the_same_content_in_another_file_changes_nothing(desk: Desk, again: Any) -> None:
    desk.apply(desk.bring(TABLES))
    answer = desk.hand_in(*again(desk))
    upload = int(answer["Location"].rstrip("/").rpartition("/")[2])
    assert state_of(upload).said["changes"] == 0
    assert "相符" in desk.page(upload)


def test_what_the_register_was_given_meanwhile_stops_the_import_and_keeps_the_file(desk: Desk) -> None:
    upload = desk.bring(TABLES)
    other = desk.bring(changed("household", 0, cultivated_mu="9"))
    desk.apply(other)
    assert desk.apply(upload).status_code == 302
    assert state_of(upload).state == "stale"
    assert "重新预览" in desk.page(upload)
    assert desk.do("again", upload).status_code == 302
    assert state_of(upload).state == "previewed"
    desk.apply(upload)
    assert state_of(upload).state == "applied"


def test_another_preview_than_the_one_that_was_seen_is_not_applied(desk: Desk) -> None:
    upload = desk.bring(TABLES)
    answer = desk.apply(upload, "of another day")
    assert answer.status_code == 200
    assert "又有变动" in answer.content.decode()
    assert households() == set()


def test_a_withdrawn_file_is_applied_no_more_and_may_be_handed_in_anew(desk: Desk) -> None:
    upload = desk.bring(TABLES)
    assert desk.do("withdraw", upload).status_code == 302
    assert desk.apply(upload, "x")["Location"] == reverse("web:import", args=[upload])
    assert desk.do("again", upload).status_code == 409
    assert desk.bring(TABLES) == upload
    assert state_of(upload).state == "previewed"


def test_what_was_applied_is_neither_withdrawn_nor_applied_again(desk: Desk) -> None:
    upload = desk.bring(TABLES)
    digest = state_of(upload).said["digest"]
    desk.apply(upload)
    its_page = reverse("web:import", args=[upload])
    assert [answer["Location"] for answer in (desk.apply(upload, digest), desk.do("withdraw", upload))] == [
        its_page
    ] * 2
    assert "没有再办" in desk.page(upload)
    assert entries("registry.import") == 1


def test_what_was_undone_may_be_read_and_applied_again(desk: Desk) -> None:
    upload = desk.bring(TABLES)
    desk.apply(upload)
    desk.do("undo", upload, reason="传错了")
    assert "重新读取" in desk.page(upload)
    assert desk.do("again", upload).status_code == 302
    assert state_of(upload).state == "previewed"
    desk.apply(upload)
    assert state_of(upload).state == "applied"
    assert households() == {"H1", "H2"}


def national(desk: Desk, **more: str) -> int:
    """A national export, handed in."""
    tables = {"贫困户": [{**NATIONAL_HOUSEHOLDS[0], **more}], "家庭成员": NATIONAL_PERSONS}
    answer = desk.hand_in(sheet(desk.folder / f"{len(more)}.xlsx", tables).read_bytes(), "全国导出.xlsx")
    return int(answer["Location"].rstrip("/").rpartition("/")[2])


def test_a_national_export_is_kept_only_to_compare_and_the_register_stays_as_it_is(desk: Desk) -> None:
    desk.apply(national(desk))
    acts = Act.objects.count()
    upload = national(desk, **{"耕地面积（亩）": "9"})
    assert "只作核对" in desk.page(upload)
    assert desk.do("compare", upload).status_code == 302
    page = desk.page(upload)
    assert "已载入 1 户供核对" in page
    assert (state_of(upload).state, Act.objects.count()) == ("previewed", acts)
    household = Household.objects.unscoped("test").get().pk
    assert ">9<" in desk.client.get(reverse("web:household-differences", args=[household])).content.decode()
    desk.apply(upload)
    assert state_of(upload).state == "applied"


def test_an_export_that_cannot_be_imported_may_still_be_compared(desk: Desk) -> None:
    desk.apply(national(desk))
    before = entries("registry.load_statement")
    upload = national(desk, 行政村代码="371102009201")
    assert state_of(upload).state == "refused"
    assert desk.do("compare", upload).status_code == 302
    assert state_of(upload).state == "refused"
    assert entries("registry.load_statement") == before + 1
    assert "供核对" in desk.page(upload)


def test_a_register_in_the_own_layout_is_not_offered_to_compare(desk: Desk) -> None:
    upload = desk.bring(TABLES)
    assert "只作核对" not in desk.page(upload)
    assert desk.do("compare", upload).status_code == 404
    assert state_of(upload).state == "previewed"


def test_keeping_an_export_to_compare_is_done_once_however_often_the_job_runs(desk: Desk) -> None:
    desk.apply(national(desk))
    upload = national(desk, **{"耕地面积（亩）": "9"})
    desk.do("compare", upload)
    said = state_of(upload).said
    staged.compare(By("account:1", timezone.now(), RING), 1, upload)
    assert state_of(upload).said == said
    assert Statement.objects.count() == 1


def test_pages_of_many_changes_are_shown_one_by_one(desk: Desk) -> None:
    rows = [{**TABLES["household"][0], "household_id": f"H{n}"} for n in range(40)]
    upload = desk.bring({**TABLES, "household": rows, "person": TABLES["person"][:2]})
    pages = [desk.page(upload, page=str(n)) for n in (1, 2, 999, 0)]
    assert "第 1 页" in pages[0]
    assert "第 2 页" in pages[1]
    assert pages[0] != pages[1]
    assert "下一页" not in pages[2]
    assert "第 1 页" in pages[3]
    assert "第 1 页" in desk.page(upload, page="x")


@pytest.mark.parametrize(
    ("body", "name", "says"),
    [
        (b"", "空.zip", "空"),
        (b"x", "资料.xls", "结尾"),
        (b"x", "资料.exe", "结尾"),
    ],
    ids=["empty", "an old workbook", "a program"],
)
def test_what_is_no_file_for_this_is_refused_at_the_form(desk: Desk, body: bytes, name: str, says: str) -> None:
    answer = desk.hand_in(body, name)
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert not Upload.objects.unscoped("test").exists()


def bomb(names: Iterable[str], size: int = 1) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, b"\0" * size)
    return made.getvalue()


@pytest.mark.parametrize(
    ("body", "name", "says"),
    [
        (lambda: b"no archive", "资料.zip", "压缩包已损坏"),
        (lambda: b"no workbook", "资料.xlsx", "工作簿已损坏"),
        (lambda: bomb(["户.csv"], 100 << 20), "资料.zip", "大得异常"),
        (lambda: bomb(f"{n}.csv" for n in range(MOST_FILES + 1)), "资料.zip", "太多"),
        (lambda: bomb(["a/户.csv", "b/户.csv"]), "资料.zip", "同名"),
        (lambda: bomb(["../../户.csv", "/etc/人.csv"]), "资料.zip", "错误"),
    ],
    ids=["no archive", "no workbook", "a bomb", "too many files", "two of a name", "names that lead elsewhere"],
)
def test_what_cannot_be_read_safely_is_refused_and_says_why(
    desk: Desk, body: Callable[[], bytes], name: str, says: str
) -> None:
    answer = desk.hand_in(body(), name)
    page = desk.client.get(answer["Location"]).content.decode()
    assert says in page
    assert households() == set()


def test_a_name_is_cut_of_its_path_and_of_signs_that_nobody_sees(desk: Desk) -> None:
    desk.hand_in(packed(desk.folder, TABLES), "C:\\资料\\花\u202e名册.zip")
    assert Upload.objects.unscoped("test").get().name == "花名册.zip"
    assert LONGEST_NAME >= 100


def test_a_request_that_says_it_is_larger_than_any_file_is_refused_before_it_is_read() -> None:
    most = max(kind.most_bytes for kind in kinds().values())
    handler = Bounded()
    handler.handle_raw_input(io.BytesIO(), {}, most, "b")
    with pytest.raises(RequestDataTooBig):
        handler.handle_raw_input(io.BytesIO(), {}, 2 * most, "b")


def test_whoever_has_used_up_what_is_kept_for_them_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.bring(TABLES)
    monkeypatch.setattr("bangfu.intake.services.QUOTA", 1)
    assert "已满" in desk.hand_in(packed(desk.folder, shuffled())).content.decode()


def test_a_file_is_let_go_of_when_its_time_has_come_and_what_became_of_it_stays(desk: Desk) -> None:
    upload = desk.bring(TABLES)
    desk.apply(upload)
    assert remove_old(timezone.now() + KEPT - timedelta(minutes=1)) == 0
    assert remove_old(timezone.now() + KEPT + timedelta(minutes=1)) == 2
    assert not Kept.objects.unscoped("test").exists()
    assert "导入结果" in desk.page(upload)


def test_an_upload_lies_sealed(desk: Desk, settings: Settings) -> None:
    body = workbook(TABLES)
    desk.hand_in(body, "花名册.xlsx")
    kept = [path.read_bytes() for path in settings.FILES_FOLDER.rglob("*") if path.is_file()]
    assert kept
    assert not any(b"PK\x03\x04" in each or b"PAR1" in each for each in kept)


def test_a_neighbour_sees_no_file_and_the_office_above_does(
    desk: Desk, browser: SignedIn, tmp_path: Path, org: Organisation
) -> None:
    upload = desk.bring(TABLES)
    officer = Desk(browser, tmp_path, "officer")
    assert "花名册.zip" in officer.page(upload)
    theirs = officer.bring(changed("household", 0, cultivated_mu="9"))
    assert desk.client.get(reverse("web:import", args=[theirs])).status_code == 404
    assert desk.client.get(reverse("web:import-marked", args=[theirs])).status_code == 404


def test_a_job_that_is_done_twice_applies_once(desk: Desk, org: Organisation, ring: Any) -> None:
    upload = desk.bring(TABLES)
    desk.apply(upload)
    account = org.accounts["subdistrict"]
    apply_upload.enqueue(account, upload)
    read_upload.enqueue(account, upload)
    assert state_of(upload).state == "applied"
    assert entries("registry.import") == 1


def test_whoever_lost_the_right_meanwhile_has_nothing_applied(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = desk.bring(TABLES)
    monkeypatch.setattr("bangfu.registry.imports.staged.actor_of", lambda account, at: Actor(at.date()))
    desk.apply(upload)
    assert state_of(upload).state == "stale"
    assert households() == set()


def breaks(*_: object, **__: object) -> None:
    raise OperationalError("deadlock detected")


def test_a_job_that_breaks_off_leaves_its_file_to_be_read_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = desk.bring(TABLES)
    with monkeypatch.context() as off:
        off.setattr(staged, "apply_import", breaks)
        desk.apply(upload)
    assert state_of(upload).state == "stale"
    assert "程序没有做完" in desk.page(upload)
    desk.do("again", upload)
    desk.apply(upload)
    assert state_of(upload).state == "applied"


def test_a_comparison_that_breaks_off_leaves_the_file_where_it_stood(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = national(desk)
    monkeypatch.setattr(staged, "load_statement", breaks)
    desk.do("compare", upload)
    assert state_of(upload).state == "previewed"
    assert "程序没有做完" in desk.page(upload)
    desk.apply(upload)
    assert state_of(upload).state == "applied"


def test_a_file_whose_job_is_gone_may_be_read_anew_after_some_hours(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed too often, or left behind by a server under another name: nobody will do it."""
    upload = desk.bring(TABLES)
    with monkeypatch.context() as off:
        off.setattr(staged, "apply_import", breaks)
        off.setattr(staged, "_let_go", lambda *_: None)
        desk.apply(upload)
    assert state_of(upload).state == "applying"
    assert staged.let_go_of_stuck(timezone.now() + staged.STUCK - timedelta(minutes=1)) == 0
    assert staged.let_go_of_stuck(timezone.now() + staged.STUCK + timedelta(minutes=1)) == 1
    assert state_of(upload).state == "stale"
    desk.do("again", upload)
    desk.apply(upload)
    assert state_of(upload).state == "applied"
