"""`assessment` of a snapshot by openfisca-core.

    python bench/peers/openfisca/run.py SNAPSHOT OUT            variables of the day, the whole register in one simulation
    python bench/peers/openfisca/run.py SNAPSHOT OUT masks      masks of the year's days, a simulation a region

For 31 December 2017 and a register without unknowns. See README.md.
"""

import gc
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import variables
from openfisca_core.simulations import Simulation, SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem

YEAR = 2017
MONEY = pa.decimal64(18, 2)


def read(folders: list[Path], table: str, columns: list[str]) -> pa.Table:
    coded = [name for name in columns if name in variables.CODES or name == "policy_id"]
    parts = [pq.read_table(folder / f"{table}.parquet", columns=columns, read_dictionary=coded) for folder in folders]
    return pa.concat_tables(parts).unify_dictionaries()


def numbers(table: pa.Table, name: str, kind: Any, empty: int = 0) -> Any:
    """A column as an array of the kind that the variable has; codes by their place in the list."""
    column = table[name].combine_chunks()
    if name in variables.CODES:
        # The last place is that of an empty cell, which has no word of its own.
        place = np.array([*(variables.CODES[name].index(word) for word in column.dictionary.to_pylist()), 0], kind)
        return place[column.indices.fill_null(len(place) - 1).to_numpy()]
    return column.fill_null(pa.scalar(empty).cast(column.type)).to_numpy(zero_copy_only=False).astype(kind, copy=False)


def what_empty_means(name: str) -> int:
    """A date that is not there: nobody has died, no span has ended; every span has begun long ago."""
    return variables.NEVER if name in ("died_on", "left_on") or name.endswith("_until") else variables.ALWAYS


def build(system: TaxBenefitSystem, folders: list[Path]) -> tuple[Simulation, pa.Array]:
    """A simulation with all the facts of some regions, one after the other, and the ids of their households."""
    household = read(folders, "household", ["household_id", "household_no", *variables.INPUTS[variables.HOUSEHOLD]])
    columns = [name.removeprefix("is_") for name in variables.INPUTS[variables.PERSON]]
    person = read(folders, "person", ["person_no", "household_no", *columns])
    first, first_person = household["household_no"][0].as_py(), person["person_no"][0].as_py()

    homes = numbers(person, "household_no", np.int64) - first
    # OpenFisca's sums over members are as long as the last household that has one.
    assert homes[-1] == household.num_rows - 1
    builder = SimulationBuilder()
    builder.create_entities(system)
    builder.declare_person_entity("person", range(len(homes)))
    households = builder.declare_entity("household", range(household.num_rows))
    builder.join_with_persons(households, homes, roles=np.zeros(len(homes), np.int8))
    simulation = builder.build(system)

    def give(name: str, values: Any) -> None:
        simulation.set_input(name, str(YEAR), values)

    for entity, table in ((variables.HOUSEHOLD, household), (variables.PERSON, person)):
        for name, kind in variables.INPUTS[entity].items():
            give(name, numbers(table, name.removeprefix("is_"), kind, what_empty_means(name)))
    if person["schooling_spring"].null_count:
        spring, empty = simulation.calculate("schooling_spring", str(YEAR)), person["schooling_spring"].is_null()
        give("schooling_spring", np.where(empty.to_numpy(), simulation.calculate("schooling", str(YEAR)), spring))
    ids = household["household_id"]
    del household, person

    table = of_the_year(read(folders, "ledger_by_household", ["household_no", "year", *variables.ITEMS]))
    place = numbers(table, "household_no", np.int64) - first
    told = np.zeros(len(place), bool)
    for item in variables.ITEMS:
        if not item.startswith(("education_cost", "education_aid", "medical")):
            told |= table[item].is_valid().to_numpy()
        give(item, spread(len(ids), place, numbers(table, item, variables.FEN)))
    give("settled", spread(len(ids), place, told))

    table = of_the_year(read(folders, "ledger_by_person", ["person_no", "year", *variables.MEDICAL]))
    place = numbers(table, "person_no", np.int64) - first_person
    for item in variables.MEDICAL:
        give(f"own_{item}", spread(len(homes), place, numbers(table, item, variables.FEN)))

    receipts = read(folders, "receipt", ["household_no", "person_no", "policy_id", "year", "amount"])
    give_receipts(receipts, give, first, first_person, (len(ids), len(homes)))
    return simulation, ids


def of_the_year(table: pa.Table) -> pa.Table:
    return table.filter(pc.equal(table["year"], YEAR))


def spread(count: int, place: Any, values: Any) -> Any:
    """One value for each place, nothing where the ledger has no row."""
    every = np.zeros(count, values.dtype)
    every[place] = values
    return every


def give_receipts(receipts: pa.Table, give: Any, first: int, first_person: int, counts: tuple[int, int]) -> None:
    policy = receipts["policy_id"].combine_chunks()
    amount, year = numbers(receipts, "amount", variables.FEN), numbers(receipts, "year", np.int32)
    household = numbers(receipts, "household_no", np.int64) - first
    person = numbers(receipts, "person_no", np.int64, first_person - 1) - first_person  # -1 for nobody's
    which = policy.indices.to_numpy()
    for number, name in enumerate(policy.dictionary.to_pylist()):
        if name in variables.HOUSING:
            rows = np.flatnonzero((which == number) & (year <= YEAR))
            give(f"received_{name}", sums(household[rows], amount[rows], counts[0]))
        elif name in variables.RECEIVED:
            rows = np.flatnonzero((which == number) & (year == YEAR) & (person >= 0))
            give(f"received_{name}", sums(person[rows], amount[rows], counts[1]))


def sums(place: Any, amount: Any, count: int) -> Any:
    # By fractions of 64 bits: exact up to 2^53 fen.
    return np.bincount(place, weights=amount, minlength=count).astype(variables.FEN)


def assessed(simulation: Simulation, ids: pa.Array) -> pa.Table:
    def value(name: str) -> Any:
        return simulation.calculate(name, str(YEAR))

    # OpenFisca has no unknown. What nobody can know of a household without a ledger or without members is blanked here.
    settled, peopled = value("settled"), value("members") > 0
    ranked = settled & peopled

    def column(name: str, known: Any = None) -> pa.Array:
        array = value(name)
        missing = None if known is None else ~known
        if array.dtype == np.bool_:
            return pa.array(array, mask=missing)
        bits = None if known is None else pa.py_buffer(np.packbits(known, bitorder="little"))
        return pa.Array.from_buffers(MONEY, len(array), [bits, pa.py_buffer(np.ascontiguousarray(array))])

    poor_in = ~value("assured")  # of those with members; the others are unranked in any case
    may_exit = np.where(peopled, value("assured"), value("food_secure") & value("clothing_secure") & value("housing"))
    return pa.table(
        {
            "household_id": ids,
            "members": pa.array(value("members").astype(np.int32)),
            **{name: column(name, settled) for name in ("wage", "business", "property", "transfer", "pension")},
            **{name: column(name, settled) for name in ("land_loss", "business_expense", "net_income")},
            "net_income_per_capita": column("net_income_per_capita", ranked),
            "poverty_line": line(simulation, len(ids)),
            "below_line": column("below_line", ranked),
            "food": column("food_secure"),
            "clothing": column("clothing_secure"),
            "education": column("education", peopled),
            "medical": column("medical", peopled),
            "housing": column("housing"),
            "water": column("water_safe"),
            "meets_entry": column("meets_entry", ranked | (peopled & ~poor_in)),
            "meets_exit": column("meets_exit", ranked | ~(may_exit & value("water_safe"))),
            **{name: column(name, settled) for name in ("rigid_education", "rigid_medical")},
            **{name: column(name) for name in ("entitled_annual", "entitled_once", "missing_amount")},
        }
    )


def line(simulation: Simulation, count: int) -> pa.Array:
    fen = simulation.tax_benefit_system.get_parameters_at_instant(str(YEAR)).poverty_line
    return pa.Array.from_buffers(MONEY, count, [None, pa.py_buffer(np.full(count, fen, variables.FEN))])


def main(snapshot: Path, out: Path, masks: str = "") -> None:
    out.mkdir(parents=True, exist_ok=True)
    system = variables.system(by_day=not masks)
    regions = sorted(file.parent for file in snapshot.glob("*/household.parquet"))
    for folders in [[region] for region in regions] if masks else [regions]:
        # Written as the floor is: what pyarrow does fastest.
        pq.write_table(
            assessed(*build(system, folders)),
            out / f"{folders[0].name}.parquet",
            compression="snappy",
            use_dictionary=False,
            write_statistics=False,
            store_decimal_as_integer=True,
        )
        # A simulation and its populations hold each other: without this two regions lie in memory at once.
        gc.collect()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
