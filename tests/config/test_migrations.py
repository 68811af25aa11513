"""The tables are those that the models, and the list of facts, ask for."""

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_no_change_of_a_model_or_of_the_list_of_facts_is_without_its_migration() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
