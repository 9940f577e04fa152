"""Django's settings, all taken from ``environment``."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from zhiyin.config.environment import environment

env = environment()
PACKAGE = Path(__file__).resolve().parent.parent

SECRET_KEY = env.signing_key()
DEBUG = env.debug
ALLOWED_HOSTS = [host.strip() for host in env.hosts.split(",")]
CSRF_TRUSTED_ORIGINS = [env.origin] if env.origin else []
SECURE = env.origin.startswith("https://")
ROOT_URLCONF = "zhiyin.config.urls"
WSGI_APPLICATION = "zhiyin.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_vite",
    "template_partials",
    "ninja",
    "procrastinate.contrib.django",
    "zhiyin.platform",
    "zhiyin.accounts",
    "zhiyin.approvals",
    "zhiyin.imports",
    "zhiyin.analytics",
    "zhiyin.customers",
    "zhiyin.activities",
    "zhiyin.commerce",
    "zhiyin.sales",
    "zhiyin.api",
    "zhiyin.web",
]

MIDDLEWARE = [
    "zhiyin.platform.health.ProbeMiddleware",
    "zhiyin.platform.logging.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "zhiyin.accounts.middleware.ActorMiddleware",
    "zhiyin.platform.logging.ActorLogMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    }
]


def database(url: str) -> dict[str, Any]:
    """A PostgreSQL URL as Django's connection settings."""
    parts = urlsplit(url)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    host = unquote(query.pop("host", parts.hostname or ""))
    return {
        "ENGINE": "zhiyin.platform.database",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or query.pop("port", "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "zhiyin", **{key: unquote(value) for key, value in query.items()}},
        # the time zone of sessions is UTC; search paths and plans are set once a connection
        "TIME_ZONE": "UTC",
    }


DATABASES = {
    "default": database(env.database_url or "postgresql://127.0.0.1:1/unset"),
    "owner": database(env.owner_database_url or env.database_url or "postgresql://127.0.0.1:1/unset"),
}

OUTGOING_NETWORKS = [part.strip() for part in env.outgoing_networks.split(",") if part.strip()]
TRUSTED_PROXIES = [part.strip() for part in env.trusted_proxies.split(",") if part.strip()]
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["zhiyin.accounts.passwords.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "zhiyin.accounts.passwords.Length"},
    {"NAME": "zhiyin.accounts.passwords.NotPersonal"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "zhiyin.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
# sign-in has its own limits (zhiyin.accounts.throttle); this one counts second factors, per person
ACCOUNT_RATE_LIMITS = {"login": False, "login_failed": "10/5m/key"}
MFA_ADAPTER = "zhiyin.accounts.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "zhiyin"
MFA_FORMS = {
    "authenticate": "zhiyin.web.accounts.factor_forms.CodeForm",
    "reauthenticate": "zhiyin.web.accounts.factor_forms.CodeAgainForm",
    "activate_totp": "zhiyin.web.accounts.factor_forms.AppForm",
    "add_webauthn": "zhiyin.web.accounts.factor_forms.PasskeyForm",
}
MFA_TOTP_TOLERANCE = 1  # one step early or late, as RFC 6238 advises
# browsers allow passkeys without TLS on localhost only
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
SESSION_ENGINE = "zhiyin.accounts.sessions"
SESSION_COOKIE_NAME = "zhiyin_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = "zhiyin_csrf"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = env.language
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "locale"]
LANGUAGE_COOKIE_NAME = "zhiyin_language"
USE_I18N = True
FORMAT_MODULE_PATH = "zhiyin.web.formats"
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE / "web" / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 31_536_000
DJANGO_VITE = {
    "default": {
        "dev_mode": False,
        "manifest_path": PACKAGE / "web" / "static" / "zhiyin" / "manifest.json",
        "static_url_prefix": "zhiyin",
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "zhiyin.platform.uploads.Limit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

MAIL_CONFIGURED = bool(env.mail_url)
ORIGIN = env.origin.rstrip("/")
if env.mail_url:
    _mail = urlsplit(env.mail_url)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.hostname or "localhost", _mail.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
    EMAIL_USE_SSL = _mail.scheme == "smtps"
    EMAIL_USE_TLS = _mail.scheme == "smtp" and bool(_mail.username)
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
DEFAULT_FROM_EMAIL = env.mail_from

ZHIYIN_HOME = env.home
ZHIYIN_AUDIT_KEY = env.audit_key
ZHIYIN_MASTER_KEY = env.master_key
ZHIYIN_KMS = env.kms
ZHIYIN_ANALYTICS_MEMORY = env.analytics_memory
ZHIYIN_STORAGE_URL = env.storage_url
ZHIYIN_UPLOAD_LIMIT_MB = env.upload_limit_mb
ZHIYIN_METRICS_TOKEN = env.metrics_token
ZHIYIN_LOG_LEVEL = env.log_level
ZHIYIN_LOG_JSON = env.log_format == "json"
# structlog takes all logs, once the apps are loaded
LOGGING_CONFIG = None
