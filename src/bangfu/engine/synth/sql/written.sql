-- Ledger and receipts as they are typed in, with the pensions that a slip left out left out. As every <table>_written,
-- they are read in the order they are made in, in which no two rows tie: neither threads nor chunks can show.

CREATE OR REPLACE TEMP TABLE ledger_line AS
WITH unpaid AS (
    SELECT serial, slot FROM person_slip WHERE slip = 'no_pension'
), typed AS (
    SELECT * FROM entry WHERE item <> 'pension' AND amount > 0
    UNION ALL SELECT entry.* FROM entry ANTI JOIN unpaid USING (serial, slot) WHERE item = 'pension' AND amount > 0
    UNION ALL SELECT * FROM topped
)
SELECT packed(t.serial, t.year, t.item, t.slot, t.amount,
    -- Income is often entered for the household; what the rules ask of a person by name keeps its person.
    NOT (g.name IN ('wage', 'transfer') AND drawn(t.k, g.whose, 100000) < getvariable('gap_rate'))) AS line
FROM typed t JOIN item_group g USING (item)
-- Some households' book of a year has not been brought in yet.
WHERE NOT chance_in_100000(subkey(subkey(getvariable('seed_key'), t.serial), t.year), 'no_book',
    getvariable('gap_rate') // 4)
ORDER BY line;

CREATE OR REPLACE TEMP VIEW ledger_written AS
WITH unpacked AS (
    SELECT getvariable('chunk_from') + (line >> 44) AS serial, this_year() - 1 + ((line >> 43) & 1) AS year,
        (line >> 37) & 63 AS item_rank, (line >> 33) & 15 AS slot, (line >> 1) & 4294967295 AS fen,
        (line & 1) = 1 AS named
    FROM ledger_line
)
SELECT household_number(serial) AS household_id, CASE WHEN named AND slot < 15 THEN person_number(serial, slot) END
    AS person_id, year, enum_range(NULL::ledger_item)[item_rank + 1] AS item, hundredth(fen) AS amount
FROM unpacked;

CREATE OR REPLACE TEMP TABLE receipt_line AS
SELECT serial, year, policy_id, slot, amount AS fen
FROM payment ORDER BY serial, slot NULLS FIRST, policy_id, year, fen;

CREATE OR REPLACE TEMP VIEW receipt_written AS
SELECT household_number(serial) AS household_id, person_number(serial, slot) AS person_id, policy_id, year,
    hundredth(fen) AS amount
FROM receipt_line;
