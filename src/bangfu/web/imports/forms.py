"""What is asked of whoever hands in a file."""

from django import forms

from bangfu.intake.data import LONGEST_REASON
from bangfu.intake.kinds import MB, kinds
from bangfu.kernel.words import Text
from bangfu.web.forms import Day, WordedForm

_KIND = kinds()["register"]


class UploadForm(WordedForm):
    labels = {
        "file": Text("文件", "File"),
        "as_of": Text("资料日期", "As of"),
        "reason": Text("说明", "Why"),
    }
    helps = {
        "file": Text(
            f"一个 .xlsx 工作簿，或把各表 CSV 压缩成一个 .zip；至多 {_KIND.most_bytes // MB} MB。",
            f"One .xlsx workbook, or the tables as CSV in one .zip; {_KIND.most_bytes // MB} MB at most.",
        ),
        "as_of": Text("资料说的是哪一天的情况。", "The day whose state the file gives."),
        "reason": Text("例如：2017 年第三季度动态调整。", "Such as: adjustment of the third quarter of 2017."),
    }
    file = forms.FileField(widget=forms.FileInput(attrs={"accept": ",".join(_KIND.endings)}))
    as_of = Day()
    reason = forms.CharField(max_length=LONGEST_REASON)


class ApplyForm(WordedForm):
    """The digest of the preview that was seen travels with the decision."""

    agreed = forms.CharField(widget=forms.HiddenInput, max_length=100)
