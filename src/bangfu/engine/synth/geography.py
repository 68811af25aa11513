"""Where synthetic households live: block by block in counties, of which all but the first do not exist."""

from collections.abc import Sequence
from hashlib import sha256

from bangfu.kernel.divisions import villages

# The households of one county: within a block ID numbers cannot meet; body.sql explains.
BLOCK = 16_384
# Counties of a prefecture, and prefectures of a province. A prefecture is what is written and read at a time, its four
# digits name the region; three in each province make a nation of provinces that no real one is much larger than.
BLOCKS_A_REGION = 24
REGIONS_A_PROVINCE = 3
REGION = BLOCK * BLOCKS_A_REGION
# The home province first, then all others that are no municipality: those have no prefectures.
PROVINCES = (37, 13, 14, 15, 21, 22, 23, 32, 33, 34, 35, 36, 41, 42, 43, 44, 45, 46, 51, 52, 53, 54, 61, 62, 63, 64, 65)
MOST_HOUSEHOLDS = REGION * REGIONS_A_PROVINCE * len(PROVINCES)
# 卧龙山街道 and 两城街道, in code order.
HOME_TOWNSHIPS = ("371102008", "371102009")
# Rizhao is the eleventh prefecture of its province; from it on three are taken everywhere.
FIRST_PREFECTURE = 11
# Real counties bear lower numbers, county-level cities higher ones.
FIRST_COUNTY = 41
VILLAGES_A_BLOCK = 70


def region_code(region: int) -> str:
    """The four digits with which every village code of a region begins; those of the first are the home county's."""
    province, prefecture = divmod(region, REGIONS_A_PROVINCE)
    return f"{PROVINCES[province]}{FIRST_PREFECTURE + prefecture}"


def block_villages(block: int, until: int) -> list[tuple[int, str]]:
    """From which serial on each village of a block begins; the block is cut off at serial `until` (excluded)."""
    codes = home_villages() if block == 0 else _invented_villages(block)
    return spread(codes, block * BLOCK, min((block + 1) * BLOCK, until))


def home_villages() -> list[str]:
    """Codes of the villages that the resort zone runs, in code order."""
    return [village.code for township in HOME_TOWNSHIPS for village in villages(township)]


def _invented_villages(block: int) -> list[str]:
    """Village codes of a county that does not exist; within a region counties rise with the block."""
    region, county = divmod(block, BLOCKS_A_REGION)
    townships = (f"{region_code(region)}{FIRST_COUNTY + county}{100 + n // 10:03d}" for n in range(VILLAGES_A_BLOCK))
    return [f"{code}{201 + n % 10:03d}" for n, code in enumerate(townships)]


def spread(codes: Sequence[str], start: int, stop: int) -> list[tuple[int, str]]:
    """Divide the serials over villages of unequal size: between one and five shares each."""
    shares = [1 + sha256(code.encode()).digest()[0] % 5 for code in codes]
    starts: dict[int, str] = {}
    before = 0
    for code, share in zip(codes, shares, strict=True):
        # Where there are more villages than households, the first village to begin at a serial has it.
        starts.setdefault(start + (stop - start) * before // sum(shares), code)
        before += share
    return list(starts.items())
