"""The crew that the race tests share: started once a run, on the test database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.concurrency.crew import Crew

SIZE = 4


@pytest.fixture(scope="session")
def crews(django_db_setup: None) -> Iterator[dict[str, Crew]]:
    """Crews by the address of their database; gone before the test database is dropped."""
    made: dict[str, Crew] = {}
    yield made
    for crew in made.values():
        crew.__exit__()


@pytest.fixture
def crew(crews: dict[str, Crew], database_url: str) -> Crew:
    """Four processes on the test database."""
    if database_url not in crews:
        crews[database_url] = Crew(database_url, SIZE).__enter__()
    return crews[database_url]
