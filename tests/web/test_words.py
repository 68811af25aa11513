"""Every word that people read is a pair: no Chinese in a template outside of `say`, and none on an English page but data."""

import re
from pathlib import Path

import pytest

import bangfu.web
from bangfu.access.models import Account
from bangfu.access.roles import permissions, roles
from bangfu.audit.acts import actors, acts, subjects, words
from bangfu.kernel.words import Text
from bangfu.places.data import LEVELS, UNIT_KINDS
from bangfu.web.help import keys, sections
from tests.organisation import Organisation
from tests.web.conftest import SignedIn
from tests.web.test_browser import PAGES, address

TEMPLATES = sorted(Path(bangfu.web.__path__[0]).rglob("*.html"))
HAN = re.compile(r"[\u3400-\u9fff]")
SAY = re.compile(r"""\{% say (?:"[^"]*"|'[^']*') (?:"([^"]*)"|'([^']*)')[^%]*%\}""")

CITED = re.compile(r"\([\u3400-\u9fff、]+\)|[\u3400-\u9fff]+〔\d{4}〕\d+号")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_everything_in_pairs_and_styles_nothing_by_itself(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    english = ["".join(pair) for pair in SAY.findall(text)]
    assert not any(HAN.search(each) for each in english)
    # The name of each language is in that language.
    assert not HAN.search(SAY.sub("", text).replace("中文", ""))
    assert not re.search(r"<script(?! src=)|style=|\son\w+=|\|safe", text)


@pytest.mark.parametrize("url", sorted(url for url, (who, _) in PAGES.items() if who))
def test_an_english_page_has_no_chinese_but_names(org: Organisation, browser: SignedIn, url: str) -> None:
    path = address(org, url)
    Account.objects.unscoped("test").update(language="en")
    page = browser(PAGES[url][0]).get(path).content.decode()
    data = [f"{kind}{name}" for kind in "人岗" for name in sorted(org.accounts, key=len, reverse=True)]
    data += [
        "甲省",
        "乙市",
        "丙区",
        "丁区",
        "东街道",
        "西街道",
        "北街道",
        "东一村",
        "东二村",
        "西一村",
        "北一村",
        "区扶贫办",
        "旅游度假区",
        "测试",
        "中文",
        "身份证号",
        # Why an upload and an export were asked for, what a file is called, and words of the national form.
        "季度调整",
        "十一月上报",
        "集中整改",
        "上级调标",
        "报区统计局年度核对",
        "资料",
        "清单",
        "无此人",
        "低保",
        "柴草",
        "煤炭",
        "甲",
    ]
    for each in data:
        page = page.replace(each, "")
    # What the rulebook cites is called as it is called in Chinese, in English texts too.
    page = CITED.sub("", page)
    assert not re.findall(r".{0,30}[\u3400-\u9fff]+.{0,30}", page)


def test_lists_of_words_are_whole() -> None:
    pairs: list[Text] = [*acts().values(), *actors().values(), *LEVELS.values(), *UNIT_KINDS.values()]
    pairs += [each.text for listed in (subjects(), words()) for each in listed.values()]
    pairs += [permission.text for permission in permissions().values()]
    pairs += [role.text for role in roles().values()]
    pairs += [pair for section in sections() for answer in section.answers for pair in (section.title, *answer)]
    pairs += [key.does for key in keys()]
    for pair in pairs:
        assert HAN.search(pair.zh)
        assert pair.en.isascii()
        assert pair.en.strip()
