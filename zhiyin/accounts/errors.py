"""What can be refused in accounts, in words for the person who asked."""

from django.utils.translation import gettext_lazy as _

from zhiyin.platform.errors import Conflict, Invalid, PermissionDenied


class NameTaken(Conflict):
    message = _("This name is in use already. Choose another.")


class TooMuch(PermissionDenied):
    message = _(
        "You cannot give, or act on a person who has, permissions or records that you do not have yourself."
    )


class LastAdministrator(Conflict):
    message = _("Somebody must be left who can manage users. Give another person that permission first.")


class UnitInUse(Conflict):
    message = _("This unit still has people, records or units below it. Move them first.")


class RoleInUse(Conflict):
    message = _("This role still has people. Give them another role first.")


class WouldBeCircular(Conflict):
    message = _("A unit cannot be moved below itself.")


class AlreadyMember(Conflict):
    message = _("A person with this e-mail address is a member already.")


class BelongsElsewhere(Conflict):
    message = _("This person also belongs to another company, so only they themselves can do this.")


class UnknownPermission(Invalid):
    message = _("There is no such permission.")
