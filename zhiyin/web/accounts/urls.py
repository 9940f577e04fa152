"""Pages of accounts: a person's own, and the company's under /settings/."""

from django.urls import path

from zhiyin.web.accounts import views

app_name = "accounts"
urlpatterns = [
    path("company/", views.switch, name="switch"),
]
