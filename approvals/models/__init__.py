"""Models of the approval engine."""

from approvals.models.approvals import Approval, AskedPerson, SeatSource
from approvals.models.decisions import Decision
from approvals.models.roles import Role, RoleAssignment
from approvals.models.scopes import RIGHTS, Scope, ScopeGroupPermission, ScopeUserPermission

__all__ = [
    "RIGHTS",
    "Approval",
    "AskedPerson",
    "Decision",
    "Role",
    "RoleAssignment",
    "Scope",
    "ScopeGroupPermission",
    "ScopeUserPermission",
    "SeatSource",
]
