"""Mounts each app's operations: one import and one line each."""

from django.urls import path

from zhiyin.api.accounts.routes import routes as accounts
from zhiyin.api.http import api

api.add_router("", accounts.router)

urlpatterns = [path("", api.urls)]
