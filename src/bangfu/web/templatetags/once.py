"""The sign by which a form that is sent twice is known: by a second click, or by going back and saving again."""

from secrets import token_urlsafe

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()
ONCE = "once"


@register.simple_tag(name=ONCE)
def sign() -> SafeString:
    """{% once %}: a hidden field, of another value each time that a form is shown."""
    return format_html('<input type="hidden" name="{}" value="{}">', ONCE, token_urlsafe(16))
