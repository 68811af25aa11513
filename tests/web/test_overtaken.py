"""Two who change the same: whatever is chosen, no word that was typed is lost before somebody chose, and what is saved is what was chosen."""

from typing import Any

from django import forms
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from bangfu.web.households.overtaken import MINE, STORED, OvertakenForm, merged, number_of, typed

NAMES = ("one", "other")


class Two(OvertakenForm):
    one = forms.CharField(required=False)
    other = forms.CharField(required=False)


values = st.fixed_dictionaries({name: st.sampled_from(["", "A", "B", "C"]) for name in NAMES})


def beside(opened: Any, stored: Any, mine: Any, **choices: str) -> Two:
    data = QueryDict(mutable=True)
    data.update({**mine, **choices})
    first = Two(data, lang="zh", opened=opened, stored=stored)
    return Two(merged(first, opened, stored), lang="zh", opened=opened, stored=stored)


@given(opened=values, stored=values, mine=values)
def test_what_only_one_of_them_changed_is_taken_over_and_what_both_changed_waits_for_a_choice(
    opened: Any, stored: Any, mine: Any
) -> None:
    form = beside(opened, stored, mine)
    both = {n for n in NAMES if stored[n] != opened[n] and mine[n] not in (opened[n], stored[n])}
    assert {name.removeprefix("choice_") for name in form.errors} == both
    wanted = {n: stored[n] if mine[n] == opened[n] else mine[n] for n in NAMES}
    assert {n: typed(form, n) for n in NAMES} == wanted


@given(opened=values, stored=values, mine=values, choice=st.sampled_from([STORED, MINE]))
def test_what_is_chosen_is_what_the_form_then_says(opened: Any, stored: Any, mine: Any, choice: str) -> None:
    shown = beside(opened, stored, mine)
    data = merged(shown, opened, stored)
    data.update({f"choice_{name}": choice for name in NAMES})
    form = Two(data, lang="zh", opened=opened, stored=stored)
    assert form.is_valid()
    merged_values = {n: stored[n] if mine[n] == opened[n] else mine[n] for n in NAMES}
    both = {n for n in NAMES if stored[n] != opened[n] and mine[n] not in (opened[n], stored[n])}
    kept = {n: stored[n] if n in both and choice == STORED else merged_values[n] for n in NAMES}
    assert {n: form.cleaned_data[n] for n in NAMES} == kept


@given(st.text(max_size=30))
def test_a_hidden_number_is_a_number_or_nothing(text: str) -> None:
    assert number_of(text) >= 0
