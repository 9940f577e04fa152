"""What a page can do, the API can: each page that takes posts has its operations, or a reason to have none."""

from tests.permissions.table import operations, routes, takes_posts

BROWSER = "how lists and pages look in this browser; a program asks for the columns it wants"
PERSON = "a person's own name, look and devices, which no program signs in with"
DONE_BY = {
    "jobs:cancel": "cancel_job",
    "jobs:retry": "retry_job",
    "customers:save_view": "save_view",
    "customers:delete_view": "delete_view",
    "customers:change_view": "change_view",
    "customers:restore_view": "restore_view",
    "customers:bulk": "change_customers share_customers export_customers create_tag",
    "customers:undo": "undo_change",
    "customers:search_duplicates": "find_duplicates",
    "customers:decide_duplicates": "decide_duplicates",
    "customers:duplicate_rules": "change_duplicate_rules",
    "customers:merge": "merge_customers preview_merge",
    "customers:undo_merge": "undo_merge",
    "customers:print": "print_customers",
    "customers:create": "create_customer add_contact",
    "customers:create_field": "create_field",
    "customers:change_field": "change_field",
    "customers:move_field": "move_field",
    "customers:archive_field": "archive_field",
    "customers:restore_field": "restore_field",
    "customers:add_relation": "add_relation",
    "customers:relation": "change_relation",
    "customers:remove_relation": "remove_relation",
    "customers:create_relation_type": "create_relation_type",
    "customers:relation_type": "change_relation_type",
    "customers:remove_relation_type": "remove_relation_type",
    "customers:restore_relation_type": "restore_relation_type",
    "customers:add_document": "add_document",
    "customers:add_document_version": "add_document_version",
    "customers:remove_document": "remove_document",
    "customers:restore_document": "restore_document",
    "customers:give_link": "give_link",
    "customers:revoke_link": "revoke_link",
    "customers:record_consent": "record_consent",
    "customers:share": "share_customer",
    "customers:end_share": "end_share",
    "customers:create_purpose": "create_purpose",
    "customers:field_access": "set_field_access",
    "customers:purpose": "change_purpose",
    "customers:archive_purpose": "archive_purpose",
    "customers:restore_purpose": "restore_purpose",
    "web:see_all": "see_notifications see_notification",
    "customers:tags": "create_tag",
    "customers:tag": "change_tag",
    "customers:delete_tag": "delete_tag",
    "customers:edit": "update_customer",
    "customers:field": "update_customer",
    "customers:delete": "delete_customer",
    "customers:customer_tags": "set_tags create_tag",
    "customers:add_contact": "add_contact",
    "customers:contact": "change_contact",
    "customers:remove_contact": "remove_contact",
    "customers:add_note": "add_note",
    "customers:note": "change_note",
    "customers:pin_note": "pin_note",
    "customers:remove_note": "remove_note",
    "activities:add_follow_up": "add_follow_up",
    "activities:create_task": "create_task",
    "activities:task": "change_task",
    "activities:task_state": "set_task_state",
    "commerce:save_order_view": "save_view",
    "commerce:delete_order_view": "delete_view",
    "commerce:change_order_view": "change_view",
    "commerce:order_create": "create_order",
    "commerce:order_return": "record_return",
    "commerce:order_pay": "record_payment",
    "commerce:save_product_view": "save_view",
    "commerce:delete_product_view": "delete_view",
    "commerce:change_product_view": "change_view",
    "commerce:product_create": "create_product",
    "commerce:product_edit": "update_product",
    "accounts:my_tokens": "create_token",
    "accounts:revoke_my_token": "revoke_token",
    "accounts:company": "put_company",
    "accounts:units": "create_unit",
    "accounts:unit": "change_unit",
    "accounts:delete_unit": "delete_unit",
    "accounts:invite": "invite_person",
    "accounts:user": "put_person",
    "accounts:deactivate": "deactivate_person",
    "accounts:activate": "activate_person",
    "accounts:password_link": "make_password_link",
    "accounts:end_sessions": "end_person_sessions",
    "accounts:remove_factors": "remove_person_factors",
    "accounts:create_role": "create_role",
    "accounts:role": "put_role",
    "accounts:delete_role": "delete_role",
    "accounts:tokens": "create_token",
    "accounts:revoke_token": "revoke_token",
    "accounts:check_audit": "check_audit",
    "accounts:checkpoints": "sign_audit_log",
    "accounts:retry_deliveries": "retry_failed_deliveries",
    "accounts:retry_delivery": "retry_failed_delivery",
    "accounts:dismiss_delivery": "dismiss_failed_delivery",
    "insight:run": "start_analysis",
    "insight:settings": "change_insight_settings",
    "imports:start": "upload_import",
    "imports:discard_chosen": "discard_import",
    "imports:delete_profile": "delete_import_profile",
    "imports:columns": "change_import check_import",
    "imports:reading": "change_import",
    "imports:use_profile": "use_import_profile",
    "imports:save_profile": "save_import_profile",
    "imports:apply": "apply_import",
    "imports:undo": "undo_import",
    "imports:discard": "discard_import",
}
WITHOUT = {
    "web:preferences": BROWSER,
    "customers:columns": BROWSER,
    "commerce:order_columns": BROWSER,
    "commerce:product_columns": BROWSER,
    "customers:draft_relation": "only draws the form of a new relation; nothing is kept",
    "commerce:order_draft": "only draws the form of a new order; nothing is kept",
    "accounts:switch": "the company that a browser is in; a token belongs to one",
    "accounts:profile": PERSON,
    "accounts:end_other_sessions": PERSON,
    "accounts:end_session": PERSON,
}


def test_what_a_page_can_do_the_api_can() -> None:
    pages = {route.name for route in routes() if takes_posts(route)}
    missing = pages - DONE_BY.keys() - WITHOUT.keys()
    assert not missing, f"give these an operation, or the reason why they have none: {sorted(missing)}"
    assert not DONE_BY.keys() & WITHOUT.keys()
    assert not (DONE_BY.keys() | WITHOUT.keys()) - pages, "these pages are gone or take no posts"


def test_each_operation_named_exists_and_changes_something() -> None:
    changing = {name.removeprefix("api:") for method, name, _may in operations() if method != "GET"}
    assert not {name for names in DONE_BY.values() for name in names.split()} - changing


def test_a_page_that_only_takes_posts_is_seen() -> None:
    posting = {route.name for route in routes() if takes_posts(route)}
    assert {"customers:delete_view", "customers:edit", "accounts:switch"} <= posting
    assert not {"customers:list", "customers:filters", "jobs:file"} & posting
