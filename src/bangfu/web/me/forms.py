from django import forms

from bangfu.kernel.words import Text
from bangfu.web.forms import WordedForm


class PhoneForm(WordedForm):
    labels = {"phone": Text("电话", "Phone")}
    helps = {"phone": Text("群众和同事按这个号码找您。", "People call you at this number.")}
    phone = forms.CharField(
        max_length=20, required=False, widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"})
    )
