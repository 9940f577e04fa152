"""Pages of customers."""

from django.urls import path

from zhiyin.web.customers.views import bulk, listing, parts, record

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
    path("customers/<uuid:customer_id>/", record.record, name="record"),
    path("customers/<uuid:customer_id>/edit/", record.edit, name="edit"),
    path("customers/<uuid:customer_id>/field/<slug:field>/", record.field, name="field"),
    path("customers/<uuid:customer_id>/delete/", record.delete, name="delete"),
    path("customers/<uuid:customer_id>/timeline/", record.timeline, name="timeline"),
    path("customers/<uuid:customer_id>/tags/", parts.customer_tags, name="customer_tags"),
    path("customers/<uuid:customer_id>/contacts/", parts.add_contact, name="add_contact"),
    path("customers/<uuid:customer_id>/contacts/<uuid:contact_id>/", parts.contact, name="contact"),
    path(
        "customers/<uuid:customer_id>/contacts/<uuid:contact_id>/remove/",
        parts.remove_contact,
        name="remove_contact",
    ),
    path("customers/<uuid:customer_id>/notes/", parts.add_note, name="add_note"),
    path("customers/<uuid:customer_id>/notes/<uuid:note_id>/", parts.note, name="note"),
    path("customers/<uuid:customer_id>/notes/<uuid:note_id>/pin/", parts.pin_note, name="pin_note"),
    path("customers/<uuid:customer_id>/notes/<uuid:note_id>/remove/", parts.remove_note, name="remove_note"),
]
