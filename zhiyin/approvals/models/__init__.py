from zhiyin.approvals.models.request import ApprovalAct, ApprovalRequest, ApprovalSeat, ApprovalTurn
from zhiyin.approvals.models.rule import Absence, ApprovalRule, ApprovalStep, ApprovalStepMember

__all__ = [
    "Absence",
    "ApprovalAct",
    "ApprovalRequest",
    "ApprovalRule",
    "ApprovalSeat",
    "ApprovalStep",
    "ApprovalStepMember",
    "ApprovalTurn",
]
