-- What was received, from what was due: mostly all of it, sometimes nothing, too little or too much, and a few payments
-- that nothing in the register explains.

CREATE OR REPLACE TEMP TABLE payment AS
WITH drawn AS (
    SELECT d.*, subkey(d.k, md5_number_lower(d.policy_id) % 4294967296) AS dk, p.slip
    FROM due d LEFT JOIN person_slip p USING (serial, slot)
), fated AS (
    SELECT *, draw(dk, 'fate', 100000) AS fate FROM drawn
    -- Of the year before only some households' payments have been typed in.
    WHERE year = this_year() OR policy_id LIKE 'house%' OR chance(hash(serial), 'typed_last_year', 150)
), paid AS (
    SELECT serial, slot, k, dk, policy_id, year, CASE
        WHEN fate < 2 * getvariable('error_rate') THEN 0
        WHEN fate < 3 * getvariable('error_rate')
            THEN CASE WHEN periods > 1 THEN amount * (periods - 1) // periods // 100 * 100 ELSE amount // 2 END
        WHEN fate < 4 * getvariable('error_rate')
            THEN amount + CASE WHEN periods > 1 THEN amount // periods // 100 * 100 ELSE 10000 END
        WHEN slip = 'paid_after_death' AND periods < 12 AND (policy_id = 'dibao' OR policy_id LIKE 'wubao%')
            THEN amount * 12 // periods
        -- The month of December is often paid in January.
        WHEN periods = 12 AND year = this_year() AND fate >= 88000 AND policy_id NOT LIKE 'wubao%'
            THEN amount * 11 // 12
        ELSE amount END AS amount
    FROM fated
), stray AS (
    SELECT serial, slot, k, k AS dk, this_year() AS year, 10000 * draw_from(k, 'stray_amount', 2, 36)::BIGINT AS amount,
        CASE WHEN age >= 75 THEN 'elderly_80s'
             WHEN schooling <> 'none' THEN 'rain_dew'
             WHEN age >= 18 THEN 'dibao'
             ELSE 'child_in_hardship' END AS policy_id
    FROM person_fact WHERE draw(k, 'stray', 100000) * 2 < getvariable('error_rate')
), unexplained AS (
    SELECT * FROM stray ANTI JOIN due USING (serial, slot, policy_id)
)
SELECT serial, policy_id, year, amount,
    CASE WHEN slot > 0 AND draw(dk, 'whose', 100000) * 20 >= getvariable('error_rate') THEN slot END AS slot
FROM (FROM paid UNION ALL BY NAME FROM unexplained) WHERE amount > 0;
