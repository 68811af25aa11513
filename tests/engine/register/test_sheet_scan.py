"""The quick look at a sheet, held to the slow walk through all of its tags."""

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from bangfu.engine.register import sheet_scan
from bangfu.engine.register.sheet_scan import OddCell

REFERENCES = st.one_of(
    st.from_regex(r"[A-Z]{1,3}[1-9][0-9]{0,6}", fullmatch=True),
    st.from_regex(r"[A-Za-z@\[0]{0,4}[/:0-9]{0,9}", fullmatch=True),
)
REST = st.sampled_from(
    [
        '"><v>1</v></c>',
        '" s="1"><v>2</v></c>',
        '" t="s"><v>0</v></c>',
        '" t="inlineStr"><is><t>一</t></is></c>',
        '" t="e"><v>#N/A</v></c>',
        "\" t='e'><v>#N/A</v></c>",
        '"><f>A1</f><v>1</v></c>',
        '"><f t="shared" si="0"/></c>',
        '"><v><![CDATA[1]]></v></c>',
    ]
)
CELLS = st.one_of(
    st.builds('<c r="{}{}'.format, REFERENCES, REST),
    st.builds("<c r='{}'><v>1</v></c>".format, REFERENCES),
    st.sampled_from(
        [
            "<c><v>1</v></c>",
            '<c s="1" r="B2"><v>1</v></c>',
            '<x:c r="ZZ9"><v>1</v></x:c>',
            "<cols/>",
            "<cfRule/>",
            "<fonts/>",
        ]
    ),
)


def looked_at(pieces: list[bytes]) -> tuple[int, int] | None:
    extent = sheet_scan._Extent()
    return (extent.rows, extent.columns) if sheet_scan._is_plain(pieces, extent) else None


def walked(sheet: bytes) -> tuple[tuple[int, int], list[OddCell]]:
    walk = sheet_scan._Walk(uncalculated=False)
    walk.through([sheet])
    return (walk.extent.rows, walk.extent.columns), walk.odd


@given(cells=st.lists(CELLS, max_size=12), cuts=st.lists(st.integers(0, 400), max_size=4))
@example(cells=['<c r="XFD1048576"><v>1</v></c>'], cuts=[])
@example(cells=['<c r="AB12"><v>1</v></c>'], cuts=[70])
def test_what_the_quick_look_lets_pass_has_no_odd_cell_and_reaches_as_far_as_the_walk_says(cells, cuts):
    sheet = f'<worksheet xmlns:x="urn:x"><sheetData><row r="1">{"".join(cells)}</row></sheetData></worksheet>'.encode()
    ends = sorted({0, len(sheet), *(cut for cut in cuts if cut < len(sheet))})
    reached = looked_at([sheet[start:end] for start, end in pairwise(ends)])
    if reached is not None:
        assert walked(sheet) == (reached, [])


def test_a_sheet_as_programs_write_it_needs_no_more_than_the_quick_look():
    cells = "".join(
        f'<c r="{column}{row}" s="1"><v>{row}</v></c>' for row in (1, 20_000) for column in ("A", "Z", "AA")
    )
    assert looked_at([f'<cols><col min="1"/></cols><row r="1">{cells}</row><conditionalFormatting/>'.encode()]) == (
        20_000,
        27,
    )
