"""Whether a reader may give a phase to another owner, and what follows from it, in words."""

from __future__ import annotations

from audit.actor import Answer
from portal.pages.release_acts import Act
from portal.pages.release_scene import Scene
from releases.models import Phase
from releases.services.phase_owners import owner_may_change


def answer_for(scene: Scene) -> Answer:
    """Whether the owner of a phase can be changed now: the person first, then the moment."""
    return scene.may_manage and owner_may_change(scene.release)


def act_for(phase: Phase, owner: str) -> Act:
    """The act in words: `owner` is who owns the phase until then."""
    return Act(
        "owner", f"Change the owner of {phase.name}", "assignment_ind",
        f"Until now the owner is {owner}. From now on the other one retries, fixes and skips in this "
        "phase, and may abort the release when it has failed here. Both are told. Whoever manages the "
        "release may do all that as before; nothing that is open or decided changes.",
        "Change the owner",
    )  # fmt: skip


def owner_path(scene: Scene, phase_path: str) -> str:
    """The address of the form; empty for whoever may not, or not now."""
    return f"{phase_path}owner/" if answer_for(scene) else ""
