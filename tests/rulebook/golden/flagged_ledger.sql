SELECT * FROM (WITH row_0 AS (
  SELECT ledger.household_no AS household_no, household_judged.household_id AS household_id, person.person_id AS person_id, ledger.item AS row_item, ledger.amount AS row_amount, ledger.year AS row_year, person.died_on AS died_on, person.left_on AS left_on, person.birth_date AS birth_date, person.labour AS labour, person.incapacitated AS incapacitated, person.incapacitated_now AS incapacitated_now, person.incapacitated_until AS incapacitated_until
  FROM ledger JOIN household_judged ON household_judged.household_no = ledger.household_no
  LEFT JOIN (WITH person_0 AS (
  SELECT person_beside.person_no AS person_no, person_beside.person_id AS person_id, person_beside.died_on AS died_on, person_beside.left_on AS left_on, person_beside.birth_date AS birth_date, person_beside.labour AS labour, person_beside.incapacitated AS incapacitated, person_beside.incapacitated_from AS incapacitated_from, person_beside.incapacitated_until AS incapacitated_until
  FROM person_beside),
person_1 AS (
  SELECT *,
    (COALESCE(incapacitated_from <= $as_of, TRUE) AND COALESCE(incapacitated_until >= $as_of, TRUE)) AS incapacitated_now
  FROM person_0)
SELECT person_no,
  person_id,
  died_on,
  left_on,
  birth_date,
  labour,
  incapacitated,
  incapacitated_now,
  incapacitated_until
FROM person_1) AS person ON person.person_no = ledger.person_no)
SELECT household_no,
  household_id,
  person_id,
  row_item,
  row_amount,
  row_year,
  died_on,
  left_on,
  birth_date,
  labour,
  ((CASE WHEN (row_year > $policy_year) THEN 1 ELSE 0 END) | (CASE WHEN ((row_amount > 0) AND (row_year > (died_on // 10000)) AND (row_item IN ('wage_local', 'wage_away', 'wage_post', 'pension', 'retirement', 'dibao_pay', 'wubao_pay', 'disability_subsidy', 'elderly_allowance'))) THEN 2 ELSE 0 END) | (CASE WHEN ((row_amount > 0) AND (row_year > (left_on // 10000)) AND (row_item IN ('wage_local', 'wage_away', 'wage_post'))) THEN 4 ELSE 0 END) | (CASE WHEN ((row_item = 'elderly_allowance') AND (row_amount > 0) AND (((row_year - (birth_date // 10000)) < $p_incapacity_care_age_from) OR (((row_year - (birth_date // 10000)) < $p_elderly_80s_age_from) AND (NOT (CASE WHEN incapacitated IS NULL THEN NULL WHEN incapacitated_now THEN incapacitated ELSE FALSE END)) AND (incapacitated_until IS NULL)))) THEN 8 ELSE 0 END) | (CASE WHEN ((row_item = 'wage_post') AND (row_amount > 0) AND (((row_year - (birth_date // 10000)) < $p_public_post_age_from) OR (((row_year - (birth_date // 10000)) - 1) > $p_public_post_age_until))) THEN 16 ELSE 0 END) | (CASE WHEN ((row_item = 'wage_post') AND (row_amount > 0) AND (row_year = $income_year) AND (labour IN ('none', 'lost'))) THEN 32 ELSE 0 END)) AS flags_0
FROM row_0
  WHERE (((row_year > $policy_year)) OR ((row_amount > 0) AND (row_item IN ('wage_local', 'wage_away', 'wage_post', 'pension', 'retirement', 'dibao_pay', 'wubao_pay', 'disability_subsidy', 'elderly_allowance'))) OR ((row_amount > 0) AND (row_item IN ('wage_local', 'wage_away', 'wage_post'))) OR ((row_item = 'elderly_allowance') AND (row_amount > 0)) OR ((row_item = 'wage_post') AND (row_amount > 0)) OR ((row_item = 'wage_post') AND (row_amount > 0) AND (row_year = $income_year)))) AS every_row WHERE (flags_0) <> 0
