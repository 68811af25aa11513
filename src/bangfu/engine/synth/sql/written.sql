-- Ledger and receipts as they are typed in: ordered, in yuan, with the pensions that a slip left out left out.

CREATE OR REPLACE TEMP TABLE ledger_written AS
WITH typed AS (
    SELECT serial, slot, k, year, item, amount::BIGINT AS fen FROM entry WHERE amount > 0
    UNION ALL SELECT serial, slot, k, year, item, amount FROM topped
)
SELECT t.serial, t.year, t.item, household_number(t.serial) AS household_id,
    -- Income is often entered for the household; what the rules ask of a person by name keeps its person.
    CASE WHEN g.name IN ('wage', 'transfer')
              AND chance_in_100000(t.k, 'whose ' || t.item, getvariable('gap_rate')) THEN NULL
         ELSE person_number(t.serial, t.slot) END AS person_id,
    hundredth(t.fen) AS amount, t.slot, g.rank AS item_rank
FROM typed t JOIN item_group g USING (item)
LEFT JOIN person_slip s ON s.serial = t.serial AND s.slot = t.slot
WHERE NOT (t.item = 'pension' AND s.slip IS NOT DISTINCT FROM 'no_pension')
  -- Some households' book of a year has not been brought in yet.
  AND NOT chance_in_100000(subkey(subkey(getvariable('seed_key'), t.serial), t.year), 'no_book',
      getvariable('gap_rate') // 4);

CREATE OR REPLACE TEMP TABLE receipt_written AS
SELECT serial, year, policy_id, slot, household_number(serial) AS household_id,
    person_number(serial, slot) AS person_id,
    hundredth(amount) AS amount
FROM payment;
