"""A list of payments in the browser's eyes: looked at, settled line by line, and booked as it was looked at."""

import hashlib
import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bangfu.intake.models import Step, Upload
from bangfu.intake.selectors import undecided
from bangfu.intake.services import KEPT, lock_seen, remove_old
from bangfu.registry.data import NewFacts
from bangfu.registry.models import Payment, PaymentAside, Person, Receipt
from bangfu.registry.services.facts import record_facts
from bangfu.registry.services.ledger import NewLine, record_ledger, settle_year
from bangfu.registry.services.procedures import Event, move_household
from bangfu.web.forms import NO_CHOICE
from tests.households import new_household
from tests.organisation import Organisation
from tests.uploads import new_upload
from tests.web.conftest import SignedIn

HEADER = "姓名,身份证号,村,项目名称,金额,发放日期"
HEAD = "甲head,371102196003010010,东一村,农村低保金,320,2017-03-10"


@pytest.fixture
def household(org: Organisation) -> int:
    made = new_household(org, "H1", "371102008201")
    head = Person.objects.unscoped("test").get(number="H1-head").pk
    facts = NewFacts("papers", head, {"id_number": "371102196003010010"}, date(2017, 1, 1))
    record_facts(replace(org.by, reason=""), org.actor("village"), made, facts)
    return made


def handed_in(client: Client, *rows: str, name: str = "清单.csv", body: bytes | None = None) -> Any:
    content = "\n".join((HEADER, *rows)).encode("gb18030") if body is None else body
    return client.post(reverse("web:payments"), {"file": SimpleUploadedFile(name, content), "reason": "农商行三月清单"})


def brought(client: Client, *rows: str, **more: Any) -> int:
    """Hand in, and return which upload it is."""
    answer = handed_in(client, *rows, **more)
    assert answer.status_code == 302, answer.content.decode()
    return int(answer["Location"].rstrip("/").rpartition("/")[2])


def page(client: Client, upload: int) -> str:
    return unescape(client.get(reverse("web:payment-list", args=[upload])).content.decode())


def agreed(shown: str) -> str | None:
    found = re.search(r'name="agreed" value="(\w+)"', shown)
    return found and found[1]


def settle(client: Client, upload: int, **given: str) -> Any:
    return client.post(reverse("web:payment-list", args=[upload]), {"policy": "", "paid_on": "", **given})


def book(client: Client, upload: int, digest: str | None = None) -> Any:
    given = {"agreed": digest or agreed(page(client, upload)) or ""}
    return client.post(reverse("web:payment-list-book", args=[upload]), given, follow=True)


def receipts() -> int:
    return Receipt.objects.unscoped("test").filter(stands=True).count()


def states(client: Client, upload: int) -> list[str]:
    """What its own page, and the list of files, say of a list."""
    pages = page(client, upload), unescape(client.get(reverse("web:payments")).content.decode())
    return [re.findall(r'data-field="state"[^>]*>(?:<[^>]*>)?([^<]*)<', each)[0] for each in pages]


def test_a_list_is_looked_at_and_booked_as_it_was_looked_at(browser: SignedIn, household: int) -> None:
    client = browser("subdistrict")
    upload = brought(client, HEAD)
    shown = page(client, upload)
    assert "确认记入" in shown
    assert "371102196003010010" not in shown
    assert receipts() == 0
    assert "已记入" in book(client, upload).content.decode()
    assert Receipt.objects.unscoped("test").get().amount == 32_000
    assert "导入发放清单" in unescape(client.get(reverse("web:household-history", args=[household])).content.decode())
    assert "320.00" in page(client, upload)


def test_the_same_bytes_lead_to_the_earlier_list_whatever_day_it_is(browser: SignedIn, household: int) -> None:
    client = browser("subdistrict")
    first = brought(client, HEAD)
    Upload.objects.unscoped("test").update(as_of=date(2016, 1, 1))
    assert brought(client, HEAD, name="又一份.csv") == first
    book(client, first)
    again = brought(client, HEAD, body="\n".join((HEADER, HEAD, "")).encode())
    assert again != first
    book(client, again)
    assert receipts() == 1


def test_what_the_disk_holds_of_a_list_is_sealed(browser: SignedIn, household: int) -> None:
    client = browser("subdistrict")
    settle(client, brought(client, "无此人,,东一村,低保,50,2017-03-10"), whose_2="aside", why_2="查无此人")
    kept = b"".join(each.read_bytes() for each in settings.FILES_FOLDER.rglob("*") if each.is_file())
    assert kept
    assert "无此人".encode("gb18030") not in kept
    assert "查无此人".encode() not in kept
    assert "查无此人" not in str(list(Step.objects.unscoped("test").values_list("said", flat=True)))


def test_lines_are_settled_one_by_one_and_decisions_are_kept(
    browser: SignedIn, org: Organisation, household: int
) -> None:
    new_household(org, "H2", "371102008201")
    client = browser("subdistrict")
    upload = brought(client, HEAD, "甲spouse,,东一村,高龄津贴,100,2017-03-10", "无此人,,东一村,低保,50,2017-03-10")
    shown = page(client, upload)
    assert agreed(shown) is None
    assert "同名的不止一人" in shown
    spouse = Person.objects.unscoped("test").get(number="H2-spouse").pk
    assert settle(client, upload, whose_3=str(spouse), policy_3="elderly_80s").status_code == 302
    refused = settle(client, upload, whose_4="aside").content.decode()
    assert "第 4 行为什么搁置" in refused
    assert 'value="aside" selected' in refused
    settle(client, upload, whose_4="aside", why_4="查无此人")
    assert "搁置：查无此人" in page(client, upload)
    book(client, upload)
    assert set(Payment.objects.unscoped("test").values_list("person__number", "policy", "amount")) == {
        ("H1-head", "dibao", 32_000),
        ("H2-spouse", "elderly_80s", 10_000),
    }
    assert PaymentAside.objects.get().reason == "查无此人"


def test_a_decision_can_be_taken_back(browser: SignedIn, household: int) -> None:
    client = browser("subdistrict")
    upload = brought(client, "无此人,,东一村,低保,50,2017-03-10")
    settle(client, upload, whose_2="aside", why_2="查无此人")
    assert agreed(page(client, upload))
    settle(client, upload, reopen="2")
    assert agreed(page(client, upload)) is None


def test_a_line_is_decided_anew_where_who_was_chosen_has_moved_away(
    browser: SignedIn, org: Organisation, household: int
) -> None:
    other = new_household(org, "H2", "371102008201")
    client, chosen = browser("subdistrict"), Person.objects.unscoped("test").get(number="H2-head").pk
    upload = brought(client, "甲head,,东一村,低保,50,2017-03-10")
    settle(client, upload, whose_2=str(chosen))
    assert agreed(page(client, upload))
    move_household(org.by, org.actor("officer"), Event(other, date(2017, 6, 1)), org.places["371102009201"])
    shown = page(client, upload)
    assert agreed(shown) is None
    assert "已经不在您的范围内" in shown
    assert f'<option value="{chosen}"' not in shown
    settle(client, upload, whose_2=str(Person.objects.unscoped("test").get(number="H1-head").pk))
    book(client, upload)
    assert receipts() == 1


def test_what_a_colleague_decides_at_the_same_moment_is_kept(
    browser: SignedIn, household: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, lock = browser("subdistrict"), browser("officer"), lock_seen
    upload = brought(first, "无此人,,东一村,低保,50,2017-03-10", "无那人,,东一村,低保,60,2017-03-10")

    def meanwhile(*asked: Any) -> Any:
        monkeypatch.undo()
        settle(second, upload, whose_3="aside", why_3="查无此人")
        return lock(*asked)

    monkeypatch.setattr("bangfu.registry.payments.staged.lock_seen", meanwhile)
    assert settle(first, upload, whose_2="aside", why_2="已迁出").status_code == 302
    shown = page(first, upload)
    assert ("查无此人" in shown, "已迁出" in shown) == (True, True)
    assert agreed(shown)


def test_a_line_without_an_amount_that_can_be_read_is_mended_in_the_list(browser: SignedIn, household: int) -> None:
    client = browser("subdistrict")
    upload = brought(client, HEAD.replace(",320,", ",三百,"))
    shown = page(client, upload)
    assert "金额要在清单里改正：撤回这一份，改好后重新上传。" in shown
    assert 'name="whose_2"' not in shown
    # Nor is it decided by a page that was open before, or by a file of decisions.
    settle(client, upload, whose_2="aside", why_2="金额写错")
    shown = page(client, upload)
    assert ('data-field="decided"' in shown, agreed(shown)) == (False, None)


def test_policy_and_day_of_lines_that_do_not_say_are_kept(browser: SignedIn, household: int) -> None:
    client = browser("subdistrict")
    upload = brought(client, "甲head,371102196003010010,东一村,,320,")
    settle(client, upload, policy="dibao", paid_on="2017-03-10")
    assert 'value="2017-03-10"' in page(client, upload)
    book(client, upload)
    found = Receipt.objects.unscoped("test").get()
    assert (found.policy, found.paid_on) == ("dibao", date(2017, 3, 10))


def test_what_a_colleague_decided_about_the_whole_list_is_not_overwritten_by_a_page_from_before(
    browser: SignedIn, household: int
) -> None:
    first, second = browser("subdistrict"), browser("officer")
    upload = brought(first, "甲head,371102196003010010,东一村,,320,", "无此人,,东一村,,50,")
    opened = {"initial-policy": "", "initial-paid_on": ""}
    assert all(f'name="{each}"' in page(first, upload) for each in opened)
    settle(second, upload, policy="dibao", paid_on="2017-03-10", **opened)
    assert settle(first, upload, whose_3="aside", why_3="查无此人", **opened).status_code == 302
    shown = page(first, upload)
    assert ('value="dibao" selected' in shown, 'value="2017-03-10"' in shown, "查无此人" in shown) == (True,) * 3
    answer = settle(first, upload, policy="rain_dew", **opened)
    assert "刚被别人改过" in unescape(answer.content.decode())
    assert 'value="dibao" selected' in page(second, upload)


NUMBERED = "姓名,身份证号,村,项目名称,金额,发放日期,流水号"


def numbered(client: Client, *rows: str) -> int:
    return brought(client, body="\n".join((NUMBERED, *rows)).encode())


def asked_beside(shown: str) -> dict[str, str]:
    return dict(re.findall(r'name="(beside_[0-9]+)" value="([^"]+)"', shown))


def test_a_number_that_is_taken_is_asked_about_and_the_answer_says_beside_what(
    browser: SignedIn, household: int
) -> None:
    client = browser("subdistrict")
    book(client, numbered(client, f"{HEAD},A1"))
    upload = numbered(client, f"{HEAD.replace('320', '325')},A1")
    shown = page(client, upload)
    assert agreed(shown) is None
    assert "同一人的这个流水号已有" in shown
    assert "320.00 元" in shown
    head = str(Person.objects.unscoped("test").get(number="H1-head").pk)
    settle(client, upload, whose_2=head)
    assert agreed(page(client, upload)) is None
    settle(client, upload, whose_2=head, **asked_beside(shown))
    book(client, upload)
    assert receipts() == 2


def test_a_policy_that_was_chosen_stays_where_the_number_turns_out_to_be_taken(
    browser: SignedIn, household: int
) -> None:
    client = browser("subdistrict")
    book(client, numbered(client, f"{HEAD},A1"))
    upload = numbered(client, f"{HEAD.replace('农村低保金', '高龄津贴')},A1")
    head = str(Person.objects.unscoped("test").get(number="H1-head").pk)
    assert asked_beside(page(client, upload)) == {}
    settle(client, upload, whose_2=head, policy_2="elderly_80s")
    settle(client, upload, whose_2=head, **asked_beside(page(client, upload)))
    book(client, upload)
    assert set(Payment.objects.unscoped("test").values_list("policy", flat=True)) == {"dibao", "elderly_80s"}


def test_only_what_was_looked_at_is_booked_and_once(browser: SignedIn, household: int) -> None:
    client = browser("subdistrict")
    upload = brought(client, HEAD)
    seen = agreed(page(client, upload))
    assert "重新预览" in book(client, upload, "0" * 64).content.decode()
    assert receipts() == 0
    book(client, upload, seen)
    assert "已经办到别的步骤" in book(client, upload, seen).content.decode()
    assert receipts() == 1


def test_a_list_is_withdrawn_and_can_be_handed_in_again(browser: SignedIn, household: int) -> None:
    client = browser("subdistrict")
    upload = brought(client, HEAD)
    seen = agreed(page(client, upload))
    client.post(reverse("web:import-withdraw", args=[upload]), {"sure": "1"})
    assert "已撤回" in page(client, upload)
    assert "已经办到别的步骤" in book(client, upload, seen).content.decode()
    assert brought(client, HEAD) == upload
    book(client, upload)
    assert receipts() == 1


def test_a_booked_list_is_undone_from_its_page_and_can_be_booked_again(browser: SignedIn, household: int) -> None:
    client = browser("subdistrict")
    upload = brought(client, HEAD)
    book(client, upload)
    client.post(reverse("web:import-undo", args=[upload]), {"reason": "传错了"})
    assert "已撤销" in page(client, upload)
    assert "已撤销" in client.get(reverse("web:payments")).content.decode()
    assert receipts() == 0
    book(client, upload)
    assert receipts() == 1
    assert "已撤销" not in client.get(reverse("web:payments")).content.decode()


def test_a_list_is_no_register_and_a_register_no_list(browser: SignedIn, org: Organisation, household: int) -> None:
    client = browser("subdistrict")
    upload = brought(client, HEAD)
    assert client.get(reverse("web:import", args=[upload])).status_code == 404
    for_registers = ("import-again", "import-apply")
    answers = [
        client.post(reverse(f"web:{name}", args=[upload]), {"agreed": "x"}).status_code for name in for_registers
    ]
    assert answers == [404, 404]
    register = new_upload(org, 1, "subdistrict", "371102008")
    assert client.get(reverse("web:payment-list", args=[register])).status_code == 404
    assert book(client, register, "x").status_code == 404


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("a.pdf", b"x", "结尾"),
        ("a.csv", b"", "空"),
        ("a.csv", b"0" * 2_000_001, "超过 2 MB"),
    ],
)
def test_what_is_not_taken_is_said_on_the_form(
    browser: SignedIn, org: Organisation, name: str, body: bytes, said: str
) -> None:
    answer = handed_in(browser("subdistrict"), name=name, body=body)
    assert answer.status_code == 200
    assert said in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "body", "said"), [("a.xlsx", b"nothing", "工作簿"), ("a.csv", b"a,b\n1,2", "没有找到表头")]
)
def test_what_is_no_list_is_said_on_its_page(
    browser: SignedIn, org: Organisation, name: str, body: bytes, said: str
) -> None:
    client = browser("subdistrict")
    shown = page(client, brought(client, name=name, body=body))
    assert said in shown
    assert agreed(shown) is None


@pytest.mark.parametrize("body", [b"a,b\n1,2", HEADER.encode(), f"{HEADER}\n制表人：某某".encode()])
def test_a_list_that_is_none_stands_as_such_and_can_be_withdrawn_but_not_booked(
    browser: SignedIn, org: Organisation, body: bytes
) -> None:
    client = browser("subdistrict")
    upload = brought(client, body=body)
    assert states(client, upload) == ["读不出来"] * 2
    assert agreed(page(client, upload)) is None
    assert book(client, upload, hashlib.sha256(b"[]").hexdigest()).status_code == 200
    assert states(client, upload) == ["读不出来"] * 2
    leave = reverse("web:import-withdraw", args=[upload])
    assert leave in page(client, upload)
    client.post(leave, {"sure": "1"})
    assert states(client, upload) == ["已撤回"] * 2


def test_a_list_whose_file_is_kept_no_more_says_so_and_waits_for_nobody(
    browser: SignedIn, org: Organisation, household: int
) -> None:
    client, actor = browser("subdistrict"), org.actor("subdistrict")
    upload = brought(client, HEAD)
    assert (states(client, upload), undecided(actor, "payments")) == (["待核对"] * 2, 1)
    remove_old(timezone.now() + KEPT + timedelta(minutes=1))
    assert (states(client, upload), undecided(actor, "payments")) == (["读不出来"] * 2, 0)
    assert "已到期删除" in page(client, upload)


def test_a_booked_list_that_is_brought_back_after_its_time_is_still_booked_and_can_be_undone(
    browser: SignedIn, household: int
) -> None:
    client = browser("subdistrict")
    upload = brought(client, HEAD)
    book(client, upload)
    remove_old(timezone.now() + KEPT + timedelta(minutes=1))
    assert brought(client, HEAD) == upload
    assert (states(client, upload), agreed(page(client, upload))) == (["已记入"] * 2, None)
    remove_old(timezone.now() + timedelta(days=1))
    client.post(reverse("web:import-undo", args=[upload]), {"reason": "传错了"})
    assert receipts() == 0
    book(client, upload)
    assert receipts() == 1


def test_a_list_that_was_known_whole_can_be_booked_once_the_other_list_is_undone(
    browser: SignedIn, household: int
) -> None:
    first, second = browser("subdistrict"), browser("officer")
    theirs, mine = brought(first, HEAD), brought(second, HEAD, name="同一份.csv")
    book(first, theirs)
    book(second, mine)
    assert (states(second, mine), agreed(page(second, mine)), receipts()) == (["已记入"] * 2, None, 1)
    first.post(reverse("web:import-undo", args=[theirs]), {"reason": "传错了"})
    assert (states(second, mine)[0], receipts()) == ("待核对", 0)
    book(second, mine)
    assert (states(second, mine), receipts()) == (["已记入"] * 2, 1)


def test_a_list_that_was_known_in_part_tells_that_the_part_is_in_the_register_no_more(
    browser: SignedIn, household: int
) -> None:
    client = browser("subdistrict")
    theirs = brought(client, HEAD)
    book(client, theirs)
    mine = brought(client, HEAD, HEAD.replace("03-10", "04-10"), name="全年.csv")
    book(client, mine)
    assert ("现在不在册" in page(client, mine), receipts()) == (False, 2)
    client.post(reverse("web:import-undo", args=[theirs]), {"reason": "传错了"})
    assert ("1 笔（320.00 元）" in page(client, mine), receipts()) == (True, 1)
    client.post(reverse("web:import-undo", args=[mine]), {"reason": "重新记入"})
    book(client, mine)
    assert ("现在不在册" in page(client, mine), receipts()) == (False, 2)


def shaken(client: Client, upload: int) -> tuple[bool, bool, bool]:
    """Whether the list of lists says that what was known before is to be looked at again; and its own page, that some is lost, or that nothing is."""
    listed, own = unescape(client.get(reverse("web:payments")).content.decode()), page(client, upload)
    (row,) = re.findall(rf'href="{reverse("web:payment-list", args=[upload])}".*?</tr>', listed, re.S)
    return "“原已记入”的须核对" in row, "现在不在册" in own, "本清单的各笔现在都在册" in own


def test_the_list_of_lists_tells_which_rest_on_one_that_was_undone(browser: SignedIn, household: int) -> None:
    client = browser("subdistrict")
    theirs = brought(client, HEAD)
    book(client, theirs)
    mine = brought(client, HEAD, HEAD.replace("03-10", "04-10"), name="全年.csv")
    book(client, mine)
    assert shaken(client, mine) == (False, False, False)
    client.post(reverse("web:import-undo", args=[theirs]), {"reason": "传错了"})
    assert shaken(client, mine) == (True, True, False)
    # The one that was undone says that, and nothing more.
    assert shaken(client, theirs)[0] is False
    client.post(reverse("web:import-undo", args=[mine]), {"reason": "重新记入"})
    assert shaken(client, mine)[0] is False
    book(client, mine)
    assert shaken(client, mine) == (False, False, False)


def test_a_list_that_was_known_whole_is_told_too(browser: SignedIn, household: int) -> None:
    first, second = browser("subdistrict"), browser("officer")
    theirs, mine = brought(first, HEAD), brought(second, HEAD, name="同一份.csv")
    book(first, theirs)
    book(second, mine)
    first.post(reverse("web:import-undo", args=[theirs]), {"reason": "传错了"})
    assert shaken(second, mine)[0] is True
    book(second, mine)
    assert shaken(second, mine)[0] is False


def test_what_a_third_list_booked_again_is_lost_to_nobody(browser: SignedIn, household: int) -> None:
    client, april, may = browser("subdistrict"), HEAD.replace("03-10", "04-10"), HEAD.replace("03-10", "05-10")
    theirs = brought(client, HEAD, may)
    book(client, theirs)
    mine = brought(client, HEAD, april, name="全年.csv")
    book(client, mine)
    client.post(reverse("web:import-undo", args=[theirs]), {"reason": "传错了"})
    book(client, brought(client, HEAD, name="三月.csv"))
    # May's is in the register no more: that this list has none of it is told by its page.
    assert shaken(client, mine) == (True, False, True)
    book(client, brought(client, may, name="五月.csv"))
    assert shaken(client, mine) == (False, False, False)


def test_a_line_that_nothing_can_be_told_of_is_not_said_to_be_in_the_register(
    browser: SignedIn, org: Organisation, household: int
) -> None:
    client, before = browser("subdistrict"), HEAD.replace("2017-03-10", "2016-03-10")
    theirs = brought(client, before)
    book(client, theirs)
    mine = brought(client, before, HEAD, name="两年.csv")
    book(client, mine)
    client.post(reverse("web:import-undo", args=[theirs]), {"reason": "传错了"})
    assert shaken(client, mine) == (True, True, False)
    by, actor = replace(org.by, reason=""), org.actor("village")
    record_ledger(by, actor, household, 2016, [NewLine("crop", 100)])
    settle_year(by, actor, household, 2016)
    assert shaken(client, mine) == (True, False, False)
    assert "有 1 行现在认不准是不是还在册" in page(client, mine)


def test_once_its_file_is_kept_no_more_a_list_asks_for_it_again(browser: SignedIn, household: int) -> None:
    client, rows = browser("subdistrict"), (HEAD, HEAD.replace("03-10", "04-10"))
    theirs = brought(client, HEAD)
    book(client, theirs)
    mine = brought(client, *rows, name="全年.csv")
    book(client, mine)
    remove_old(timezone.now() + KEPT + timedelta(days=1))
    client.post(reverse("web:import-undo", args=[theirs]), {"reason": "传错了"})
    assert "请再上传同一份文件" in page(client, mine)
    assert brought(client, *rows, name="全年.csv") == mine
    assert shaken(client, mine) == (True, True, False)


def asked(client: Client) -> int:
    """How many queries the list of lists takes."""
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("web:payments"))
    return len(queries)


def test_as_many_queries_list_several_files_as_one(browser: SignedIn, household: int) -> None:
    client = browser("subdistrict")
    brought(client, HEAD)
    one = asked(client)
    brought(client, HEAD.replace("03-10", "04-10"), name="四月.csv")
    brought(client, HEAD.replace("03-10", "05-10"), name="五月.csv")
    assert asked(client) == one


def test_as_many_queries_list_several_lists_as_one(browser: SignedIn, household: int) -> None:
    client = browser("subdistrict")

    months = [HEAD.replace("03-10", f"0{month}-10") for month in (3, 4, 5)]
    first, *others = (brought(client, *months[: n + 1], name=f"{n}.csv") for n in range(3))
    book(client, first)
    book(client, others[0])
    one = asked(client)
    book(client, others[1])
    client.post(reverse("web:import-undo", args=[first]), {"reason": "传错了"})
    assert client.get(reverse("web:payments")).content.decode().count("“原已记入”的须核对") == 2
    assert asked(client) == one


def test_a_policy_that_there_is_not_is_refused(browser: SignedIn, household: int) -> None:
    client = browser("subdistrict")
    assert NO_CHOICE.zh in settle(client, brought(client, HEAD), policy="no_such").content.decode()


def test_somebody_out_of_reach_cannot_be_slipped_in(browser: SignedIn, org: Organisation, household: int) -> None:
    new_household(org, "W1", "371102009201", who="other")
    theirs = Person.objects.unscoped("test").get(number="W1-head").pk
    client = browser("subdistrict")
    upload = brought(client, "无此人,,东一村,低保,50,2017-03-10")
    assert settle(client, upload, whose_2=str(theirs)).status_code == 404
