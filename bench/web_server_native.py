"""Django's own ASGI handler, for comparison only."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiyin.config.settings")
application = get_asgi_application()
