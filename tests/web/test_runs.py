"""A run that waits is stopped from its page by whoever may start one, and by nobody else."""

from dataclasses import replace

import pytest
from django.urls import reverse
from django.utils import timezone

from bangfu.access.models import Account
from bangfu.assessment.models import Run, State
from bangfu.assessment.services.runs import ask_run
from bangfu.kernel.words import Text
from tests.organisation import Organisation
from tests.web.conftest import SignedIn


def waiting(org: Organisation) -> int:
    at = timezone.now()
    return ask_run(replace(org.by, at=at), org.actor("officer", at=at), at.date())


def test_a_run_is_stopped_from_its_page_which_then_says_so(org: Organisation, browser: SignedIn) -> None:
    run = waiting(org)
    client, page, stop = browser("officer"), reverse("web:run", args=[run]), reverse("web:run-stop", args=[run])
    assert f'action="{stop}"' in client.get(page).content.decode()
    answer = client.post(stop)
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    shown = client.get(page).content.decode()
    assert f'action="{stop}"' not in shown
    assert "原来的结论照常有效" in shown
    assert Run.objects.get(pk=run).state == State.STOPPED
    assert client.post(stop).status_code == 409


def test_an_auditor_sees_a_run_and_no_way_to_stop_it(org: Organisation, browser: SignedIn) -> None:
    run = waiting(org)
    client, stop = browser("auditor"), reverse("web:run-stop", args=[run])
    assert stop not in client.get(reverse("web:run", args=[run])).content.decode()
    assert client.post(stop).status_code == 403
    assert Run.objects.get(pk=run).state == State.WAITING


@pytest.mark.parametrize(
    ("failure", "words", "said"),
    [
        ("BROKEN_OFF", [], Text("中途断了，没有继续做下去", "It broke off")),
        ("OSError", [], Text("程序出错，没有做完", "The program failed")),
        ("UNKNOWN_POLICIES", ["规则中没有的政策", "policies unknown"], Text("规则中没有的政策", "policies unknown")),
    ],
)
def test_what_a_run_failed_of_is_said_in_words_and_never_as_a_code(
    org: Organisation, browser: SignedIn, failure: str, words: list[str], said: Text
) -> None:
    run = waiting(org)
    Run.objects.filter(pk=run).update(state=State.FAILED, failure=failure, failure_words=words)
    client = browser("officer")
    for lang in ("zh", "en"):
        Account.objects.unscoped("test").filter(pk=org.accounts["officer"]).update(language=lang)
        for page in (reverse("web:run", args=[run]), reverse("web:runs")):
            shown = client.get(page).content.decode()
            assert said.say(lang) in shown
            assert failure not in shown


@pytest.mark.parametrize(("who", "told"), [("officer", True), ("auditor", False)])
def test_what_failed_and_what_to_do_is_said_over_the_list_and_to_whoever_may_start_one_at_home(
    org: Organisation, browser: SignedIn, who: str, told: bool
) -> None:
    Run.objects.filter(pk=waiting(org)).update(state=State.FAILED, failure="OSError")
    client, listed = browser(who), reverse("web:runs")
    assert "最近 1 次评估没有完成。原来的结论照常有效。" in client.get(listed).content.decode()
    assert (f'<a href="{listed}" class="bf-grave">' in client.get("/").content.decode()) is told
