"""What makes a stack operation fail."""


class StackError(Exception):
    """A resource or a stack operation failed; the message is the reason CloudFormation's events carry."""


class TemplateError(StackError):
    """The template is refused before anything is created (a ValidationError of the API)."""
