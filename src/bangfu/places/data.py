"""What kinds of places and units are called."""

from collections.abc import Mapping

from bangfu.kernel.words import Text
from bangfu.places.models import Level, UnitKind

LEVELS: Mapping[str, Text] = {
    Level.PROVINCE: Text("省", "province"),
    Level.PREFECTURE: Text("市", "prefecture"),
    Level.COUNTY: Text("县区", "county"),
    Level.TOWNSHIP: Text("街道（乡镇）", "subdistrict or township"),
    Level.VILLAGE: Text("村（社区）", "village"),
}
UNIT_KINDS: Mapping[str, Text] = {
    UnitKind.OFFICE: Text("党政部门", "office"),
    UnitKind.ZONE: Text("功能区", "functional zone"),
    UnitKind.TOWNSHIP_OFFICE: Text("街道办事处（乡镇政府）", "subdistrict office"),
    UnitKind.VILLAGE_COMMITTEE: Text("村（居）委会", "village committee"),
    UnitKind.HELPING_UNIT: Text("帮扶单位", "helping unit"),
    UnitKind.WORK_TEAM: Text("驻村工作队", "village work team"),
}
