"""What is done to all companies at once, from the command line."""

from zhiyin.accounts.models import Tenant
from zhiyin.customers.actions.sensitive import index_sensitive as index_of_company
from zhiyin.platform.tenancy import scope


def index_sensitive() -> int:
    """Make again what sensitive values are found by; gives how many. Raises ``CryptoError``."""
    done = 0
    for tenant in Tenant.objects.order_by("code"):
        with scope(tenant.pk):
            done += index_of_company()
    return done
