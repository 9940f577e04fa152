"""Writes: row, audit entry, event and timeline in one transaction."""

from zhiyin.customers.actions.bulk import (
    BULK_AT_ONCE,
    Done,
    Selection,
    assign_customers,
    export_customers,
    selected,
    tag_customers,
    untag_customers,
)
from zhiyin.customers.actions.consents import Answer, record_consent
from zhiyin.customers.actions.contacts import (
    ADDRESS_PARTS,
    CONTACT_DETAILS,
    add_contact,
    change_contact,
    remove_contact,
)
from zhiyin.customers.actions.fields import (
    FieldRules,
    archive_field,
    change_field,
    create_field,
    move_field,
    restore_field,
)
from zhiyin.customers.actions.merges import (
    Merged,
    NewerMerge,
    merge_customers,
    preview_merge,
    preview_undo,
    undo_merge,
)
from zhiyin.customers.actions.notes import add_note, change_note, pin_note, remove_note
from zhiyin.customers.actions.printing import (
    PRINT_AT_ONCE,
    Preview,
    Printed,
    file_name,
    preview_print,
    print_customers,
    print_in_background,
    record_printed,
    region_of,
)
from zhiyin.customers.actions.purposes import (
    PurposeRules,
    archive_purpose,
    change_purpose,
    create_purpose,
    restore_purpose,
)
from zhiyin.customers.actions.records import create_customer, delete_customer, update_customer
from zhiyin.customers.actions.relation_types import (
    RelationRules,
    change_relation_type,
    create_relation_type,
    remove_relation_type,
    restore_relation_type,
)
from zhiyin.customers.actions.relations import Way, add_relation, change_relation, remove_relation
from zhiyin.customers.actions.tags import create_tag, delete_tag, set_tags, update_tag
from zhiyin.customers.actions.timeline import add_to_timeline, make_timeline_months
from zhiyin.customers.actions.undo import Undone, undo_change
from zhiyin.customers.actions.views import delete_view, save_view

__all__ = [
    "ADDRESS_PARTS",
    "BULK_AT_ONCE",
    "CONTACT_DETAILS",
    "PRINT_AT_ONCE",
    "Answer",
    "Done",
    "FieldRules",
    "Merged",
    "NewerMerge",
    "Preview",
    "Printed",
    "PurposeRules",
    "RelationRules",
    "Selection",
    "Undone",
    "Way",
    "add_contact",
    "add_note",
    "add_relation",
    "add_to_timeline",
    "archive_field",
    "archive_purpose",
    "assign_customers",
    "change_contact",
    "change_field",
    "change_note",
    "change_purpose",
    "change_relation",
    "change_relation_type",
    "create_customer",
    "create_field",
    "create_purpose",
    "create_relation_type",
    "create_tag",
    "delete_customer",
    "delete_tag",
    "delete_view",
    "export_customers",
    "file_name",
    "make_timeline_months",
    "merge_customers",
    "move_field",
    "pin_note",
    "preview_merge",
    "preview_print",
    "preview_undo",
    "print_customers",
    "print_in_background",
    "record_consent",
    "record_printed",
    "region_of",
    "remove_contact",
    "remove_note",
    "remove_relation",
    "remove_relation_type",
    "restore_field",
    "restore_purpose",
    "restore_relation_type",
    "save_view",
    "selected",
    "set_tags",
    "tag_customers",
    "undo_change",
    "undo_merge",
    "untag_customers",
    "update_customer",
    "update_tag",
]
