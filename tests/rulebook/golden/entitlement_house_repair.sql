house_repair AS (
WITH judged_0 AS (
  SELECT * FROM household_judged),
judged_1 AS (
  SELECT *,
    (CASE WHEN house_repair__is THEN 'entitled' WHEN house_repair__is IS NULL THEN 'unknown' ELSE 'not_entitled' END) AS house_repair__verdict,
    NULL AS house_repair__annual,
    (($p_house_repair_rate) IS NULL) AS house_repair__open
  FROM judged_0
  WHERE ((house_repair__is IS NOT FALSE) OR household_received_ever__house_repair > 1)),
judged_2 AS (
  SELECT *,
    (CASE WHEN house_repair__verdict = 'entitled' THEN ($p_house_repair_rate) END) AS house_repair__once,
    (CASE WHEN house_repair__verdict IN ('entitled', 'ended') THEN ($p_house_repair_rate) WHEN house_repair__verdict = 'excluded' THEN 0 END) AS house_repair__low,
    (CASE WHEN house_repair__verdict IN ('entitled', 'ended') THEN ($p_house_repair_rate) WHEN house_repair__verdict = 'excluded' THEN 0 END) AS house_repair__high,
    CONCAT_WS(';', CASE WHEN (house_repair__verdict = 'unknown' AND ((of_1 > 0)) IS NULL) OR (house_repair__verdict = 'not_entitled' AND NOT ((of_1 > 0))) THEN 'has_members' END, CASE WHEN (house_repair__verdict = 'unknown' AND ((CASE WHEN ((house_grade IS NULL) AND (NOT dangerous_house)) THEN FALSE ELSE (house_grade = 'C') END)) IS NULL) OR (house_repair__verdict = 'not_entitled' AND NOT ((CASE WHEN ((house_grade IS NULL) AND (NOT dangerous_house)) THEN FALSE ELSE (house_grade = 'C') END))) THEN 'grade_c' END, CASE WHEN (house_repair__verdict = 'unknown' AND ((NOT resettled)) IS NULL) OR (house_repair__verdict = 'not_entitled' AND NOT ((NOT resettled))) THEN 'not_resettled' END, CASE WHEN (house_repair__verdict = 'unknown' AND ((housing_group_by_status OR (family_of_the_disabled AND below_line))) IS NULL) OR (house_repair__verdict = 'not_entitled' AND NOT ((housing_group_by_status OR (family_of_the_disabled AND below_line)))) THEN 'housing_group' END) AS house_repair__why
  FROM judged_1
  WHERE (house_repair__verdict <> 'not_entitled' OR household_received_ever__house_repair > 1)),
judged_3 AS (
  SELECT *,
    (CASE WHEN house_repair__verdict = 'unknown' THEN CASE WHEN household_received_ever__house_repair > 1 THEN 'unverified' END WHEN house_repair__verdict = 'not_entitled' THEN CASE WHEN household_received_ever__house_repair > 1 THEN (CASE WHEN (house_grade_before = 'C') THEN 'matched' WHEN ((house_grade_before = 'C')) IS NULL THEN 'unverified' ELSE 'unexplained' END) END WHEN house_repair__open THEN CASE WHEN household_received_ever__house_repair > 1 THEN 'unverified' WHEN TRUE THEN 'missing' WHEN TRUE THEN 'pending' END WHEN household_received_ever__house_repair <= 1 THEN CASE WHEN house_repair__low > 1 THEN 'missing' WHEN house_repair__high > 1 THEN 'pending' END WHEN house_repair__verdict = 'excluded' AND house_repair__high <= 1 THEN 'unexplained' ELSE 'matched' END) AS house_repair__says
  FROM judged_2)
SELECT household_no,
  NULL AS person_no,
  household_id,
  NULL AS person_id,
  'house_repair' AS policy_id,
  house_repair__verdict AS verdict,
  house_repair__annual AS annual_amount,
  house_repair__once AS once_amount,
  house_repair__low AS due_low,
  house_repair__high AS due_high,
  household_received_ever__house_repair AS received,
  house_repair__says AS reconciliation,
  house_repair__why AS why,
  34 AS position
FROM judged_3)
