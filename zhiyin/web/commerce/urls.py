"""Pages of products and orders."""

from django.urls import path

from zhiyin.web.commerce.views import new_order, orders, products, rates

app_name = "commerce"
urlpatterns = [
    path("orders/", orders.order_list, name="orders"),
    path("orders/filters/", orders.filters, name="order_filters"),
    path("orders/columns/", orders.columns, name="order_columns"),
    path("orders/views/", orders.save_view, name="save_order_view"),
    path("orders/views/<uuid:view_id>/", orders.change_view, name="change_order_view"),
    path("orders/views/<uuid:view_id>/delete/", orders.delete_view, name="delete_order_view"),
    path("orders/new/", new_order.create, name="order_create"),
    path("orders/new/draft/", new_order.draft, name="order_draft"),
    path("orders/<uuid:order_id>/", orders.order, name="order"),
    path("orders/<uuid:order_id>/return/", orders.give_back, name="order_return"),
    path("orders/<uuid:order_id>/pay/", orders.pay, name="order_pay"),
    path("settings/rates/", rates.rates, name="rates"),
    path("settings/rates/restore/", rates.restore, name="restore_rate"),
    path("settings/rates/<uuid:rate_id>/remove/", rates.remove, name="remove_rate"),
    path("products/", products.product_list, name="products"),
    path("products/columns/", products.columns, name="product_columns"),
    path("products/views/", products.save_view, name="save_product_view"),
    path("products/views/<uuid:view_id>/", products.change_view, name="change_product_view"),
    path("products/views/<uuid:view_id>/delete/", products.delete_view, name="delete_product_view"),
    path("products/new/", products.create, name="product_create"),
    path("products/<uuid:product_id>/", products.product, name="product"),
    path("products/<uuid:product_id>/sales/", products.sales, name="product_sales"),
    path("products/<uuid:product_id>/edit/", products.edit, name="product_edit"),
]
