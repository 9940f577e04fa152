from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """Collects also what is marked with ``later``, as files call ``gettext_lazy`` that need ``gettext`` beside it."""

    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=later"]  # as Django has it
