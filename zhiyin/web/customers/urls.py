"""Pages of customers."""

from django.urls import path

from zhiyin.web.customers.views import bulk, fields, listing, parts, record, relation_types, relations, trail

app_name = "customers"
urlpatterns = [
    path("customers/", listing.customer_list, name="list"),
    path("customers/filters/", listing.filters, name="filters"),
    path("customers/columns/", listing.columns, name="columns"),
    path("customers/views/", listing.save_view, name="save_view"),
    path("customers/views/<uuid:view_id>/delete/", listing.delete_view, name="delete_view"),
    path("customers/bulk/", bulk.bulk, name="bulk"),
    path("customers/bulk/options/", bulk.options, name="bulk_options"),
    path("customers/undo/<uuid:undo_id>/", bulk.undo, name="undo"),
    path("customers/new/", record.create, name="create"),
    path("customers/tags/", parts.tags, name="tags"),
    path("customers/tags/<uuid:tag_id>/", parts.tag, name="tag"),
    path("customers/tags/<uuid:tag_id>/delete/", parts.delete_tag, name="delete_tag"),
    path("settings/fields/", fields.all_fields, name="fields"),
    path("settings/fields/new/", fields.create, name="create_field"),
    path("settings/fields/<uuid:field_id>/", fields.change, name="change_field"),
    path("settings/fields/<uuid:field_id>/move/", fields.move, name="move_field"),
    path("settings/fields/<uuid:field_id>/archive/", fields.archive, name="archive_field"),
    path("settings/fields/<uuid:field_id>/restore/", fields.restore, name="restore_field"),
    path("settings/relations/", relation_types.relation_types, name="relation_types"),
    path("settings/relations/new/", relation_types.create, name="create_relation_type"),
    path("settings/relations/<uuid:type_id>/", relation_types.change, name="relation_type"),
    path("settings/relations/<uuid:type_id>/remove/", relation_types.remove, name="remove_relation_type"),
    path("settings/relations/<uuid:type_id>/restore/", relation_types.restore, name="restore_relation_type"),
    path("customers/<uuid:customer_id>/", record.record, name="record"),
    path("customers/<uuid:customer_id>/edit/", record.edit, name="edit"),
    path("customers/<uuid:customer_id>/field/<slug:field>/", record.field, name="field"),
    path("customers/<uuid:customer_id>/delete/", record.delete, name="delete"),
    path("customers/<uuid:customer_id>/trail/", trail.trail, name="trail"),
    path("customers/<uuid:customer_id>/timeline/", record.timeline, name="timeline"),
    path("customers/<uuid:customer_id>/tags/", parts.customer_tags, name="customer_tags"),
    path("customers/<uuid:customer_id>/contacts/", parts.add_contact, name="add_contact"),
    path("customers/<uuid:customer_id>/contacts/<uuid:contact_id>/", parts.contact, name="contact"),
    path(
        "customers/<uuid:customer_id>/contacts/<uuid:contact_id>/remove/",
        parts.remove_contact,
        name="remove_contact",
    ),
    path("customers/<uuid:customer_id>/relations/", relations.add, name="add_relation"),
    path("customers/<uuid:customer_id>/relations/draft/", relations.draft, name="draft_relation"),
    path("customers/<uuid:customer_id>/relations/graph/", relations.graph, name="graph"),
    path(
        "customers/<uuid:customer_id>/relations/of/<uuid:type_id>/<slug:way>/",
        relations.rows,
        name="relation_rows",
    ),
    path("customers/<uuid:customer_id>/relations/<uuid:relation_id>/", relations.change, name="relation"),
    path(
        "customers/<uuid:customer_id>/relations/<uuid:relation_id>/remove/",
        relations.remove,
        name="remove_relation",
    ),
    path("customers/<uuid:customer_id>/notes/", parts.add_note, name="add_note"),
    path("customers/<uuid:customer_id>/notes/<uuid:note_id>/", parts.note, name="note"),
    path("customers/<uuid:customer_id>/notes/<uuid:note_id>/pin/", parts.pin_note, name="pin_note"),
    path("customers/<uuid:customer_id>/notes/<uuid:note_id>/remove/", parts.remove_note, name="remove_note"),
]
