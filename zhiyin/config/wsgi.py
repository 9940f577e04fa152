"""Pages and API without the stream of events, for a web server of one's own."""

import os

from zhiyin.platform import metrics

metrics.share()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - metrics first

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiyin.config.settings")
application = get_wsgi_application()
