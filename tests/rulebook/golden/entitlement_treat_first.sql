treat_first AS (
WITH person_0 AS (
  SELECT person_beside.household_no AS household_no, person_beside.person_no AS person_no, person_beside.household_id AS household_id, person_beside.person_id AS person_id, person_beside.member AS member, person_beside.registered AS registered, COALESCE(receipt_sums.person_received_now__treat_first, 0) AS person_received_now__treat_first, person_beside.candidate AS candidate
  FROM person_beside
  LEFT JOIN (SELECT person_no, CAST(SUM(CASE WHEN policy_id = 'treat_first' AND year = $policy_year THEN amount ELSE 0 END) AS BIGINT) AS person_received_now__treat_first FROM received WHERE person_no IS NOT NULL AND policy_id IN ('treat_first') GROUP BY person_no) AS receipt_sums ON receipt_sums.person_no = person_beside.person_no),
person_1 AS (
  SELECT *,
    (member AND registered) AS treat_first__is
  FROM person_0
  WHERE (((member IS NOT FALSE) AND (registered IS NOT FALSE)) OR person_received_now__treat_first > 1) AND (candidate OR person_received_now__treat_first > 1)),
person_2 AS (
  SELECT *,
    (CASE WHEN treat_first__is THEN 'entitled' WHEN treat_first__is IS NULL THEN 'unknown' ELSE 'not_entitled' END) AS treat_first__verdict
  FROM person_1
  WHERE ((treat_first__is IS NOT FALSE) OR person_received_now__treat_first > 1)),
person_3 AS (
  SELECT *,
    CONCAT_WS(';', CASE WHEN (treat_first__verdict = 'unknown' AND (member) IS NULL) OR (treat_first__verdict = 'not_entitled' AND NOT (member)) THEN 'present' END, CASE WHEN (treat_first__verdict = 'unknown' AND (registered) IS NULL) OR (treat_first__verdict = 'not_entitled' AND NOT (registered)) THEN 'registered' END) AS treat_first__why
  FROM person_2
  WHERE (treat_first__verdict <> 'not_entitled' OR person_received_now__treat_first > 1))
SELECT household_no,
  person_no,
  household_id,
  person_id,
  'treat_first' AS policy_id,
  treat_first__verdict AS verdict,
  NULL AS annual_amount,
  NULL AS once_amount,
  NULL AS due_low,
  NULL AS due_high,
  person_received_now__treat_first AS received,
  NULL AS reconciliation,
  treat_first__why AS why,
  31 AS position
FROM person_3)
