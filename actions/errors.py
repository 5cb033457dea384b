"""What can go wrong around an action, sorted by what the caller should do about it.

Belongs here: exceptions that cross module borders in `actions`.
Does not belong here: outcomes that are normal results (denied, aborted): see `models.Outcome`.
"""

from __future__ import annotations


class ActionError(Exception):
    """Base of everything this package raises on purpose; the message names the remedy."""


class Refused(ActionError):
    """The request breaks a rule of the executor itself; nothing was done."""


class PlanTampered(Refused):
    """A stored plan no longer is the plan that was made."""


class PlanUnreadable(PlanTampered):
    """What is stored of a plan cannot even be read as one."""


class WrongAccount(Refused):
    """The credentials at hand belong to another account than the plan's."""


class ApprovalInvalid(Refused):
    """There is no approval that covers this plan now."""


class JournalBroken(ActionError):
    """The chain of the journal or of the decisions does not hold; neither can be relied on."""


class ExecutorBusy(ActionError):
    """Another executor works on this store."""


class StepFailed(ActionError):
    """A step of an action failed, or could not be seen to succeed."""


class CloudError(ActionError):
    """A cloud API call failed. `ambiguous`: it may have taken effect all the same."""

    def __init__(self, message: str, *, code: str = "", ambiguous: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.ambiguous = ambiguous
