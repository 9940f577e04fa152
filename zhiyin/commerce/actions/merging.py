"""Orders and all that hangs on them go with their customer; a return made since goes back with its order."""

from django.utils.translation import gettext_lazy as _

from zhiyin.commerce.models import Order
from zhiyin.customers.actions.merging.parts import Rows, register

register(Rows("orders", _("Orders"), Order, reference="returns_id"))
