from django.db import models
from django.utils.translation import gettext_lazy as _


class OrderKind(models.TextChoices):
    SALE = "sale", _("Sale")
    RETURN = "return", _("Return")


class PaymentMethod(models.TextChoices):
    CASH = "cash", _("Cash")
    CARD = "card", _("Card")
    TRANSFER = "transfer", _("Bank transfer")
    ALIPAY = "alipay", _("Alipay")
    WECHAT = "wechat", _("WeChat Pay")
    OTHER = "other", _("Other")


CANCELLATION = r"^(C|CN|CR|CM|R|RE|RT|RMA|T|TH|退|红|取消)[-_ #]?[0-9]"
"""Order numbers with such a prefix are cancellations, when what they sum up to is negative."""
