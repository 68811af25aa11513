WITH money AS (
    (WITH person_0 AS (
  SELECT person_beside.household_no AS household_no, person_beside.present_days AS present_days, person_beside.birth_date AS birth_date, person_beside.child_in_hardship AS child_in_hardship, person_beside.hardship_from AS hardship_from, person_beside.hardship_until AS hardship_until, person_beside.orphan_care AS orphan_care, person_beside.orphan_from AS orphan_from, person_beside.orphan_until AS orphan_until, COALESCE(receipt_sums.person_received_now__child_in_hardship, 0) AS person_received_now__child_in_hardship
  FROM person_beside
  LEFT JOIN (SELECT person_no, CAST(SUM(CASE WHEN policy_id = 'child_in_hardship' AND year = $policy_year THEN amount ELSE 0 END) AS BIGINT) AS person_received_now__child_in_hardship FROM received WHERE person_no IS NOT NULL AND policy_id IN ('child_in_hardship') GROUP BY person_no) AS receipt_sums ON receipt_sums.person_no = person_beside.person_no),
person_1 AS (
  SELECT *,
    ((CASE WHEN hardship_from IS NULL THEN $full ELSE (CASE WHEN hardship_from <= $year_base + 101 THEN $full WHEN hardship_from > $as_of THEN 0 ELSE (((4096 - (1 << ((hardship_from - $year_base - 2) // 100))) & $active) | $now) END) END) & (CASE WHEN hardship_until IS NULL THEN $full ELSE $full - (CASE WHEN (hardship_until + 1) <= $year_base + 101 THEN $full WHEN (hardship_until + 1) > $as_of THEN 0 ELSE (((4096 - (1 << (((hardship_until + 1) - $year_base - 2) // 100))) & $active) | $now) END) END)) AS hardship_days,
    ((CASE WHEN orphan_from IS NULL THEN $full ELSE (CASE WHEN orphan_from <= $year_base + 101 THEN $full WHEN orphan_from > $as_of THEN 0 ELSE (((4096 - (1 << ((orphan_from - $year_base - 2) // 100))) & $active) | $now) END) END) & (CASE WHEN orphan_until IS NULL THEN $full ELSE $full - (CASE WHEN (orphan_until + 1) <= $year_base + 101 THEN $full WHEN (orphan_until + 1) > $as_of THEN 0 ELSE (((4096 - (1 << (((orphan_until + 1) - $year_base - 2) // 100))) & $active) | $now) END) END)) AS orphan_days,
    0 AS child_in_hardship__x,
    NULL AS child_in_hardship__once,
    (($p_child_in_hardship_rate) IS NULL) AS child_in_hardship__open
  FROM person_0),
person_2 AS (
  SELECT *,
    (present_days & (CASE WHEN birth_date IS NULL THEN 0 ELSE ($full - (CASE WHEN (birth_date + CAST($p_child_in_hardship_age_below * 10000 AS INTEGER)) <= $year_base + 101 THEN $full WHEN (birth_date + CAST($p_child_in_hardship_age_below * 10000 AS INTEGER)) > $as_of THEN 0 ELSE (((4096 - (1 << (((birth_date + CAST($p_child_in_hardship_age_below * 10000 AS INTEGER)) - $year_base - 2) // 100))) & $active) | $now) END)) END) & (CASE WHEN child_in_hardship IS TRUE THEN hardship_days ELSE 0 END) & ((CASE WHEN ((orphan_care = 'none')) IS TRUE THEN orphan_days ELSE 0 END) | (CASE WHEN (((CASE WHEN orphan_care IS NOT NULL THEN 'none' END) = 'none')) IS TRUE THEN ($full - orphan_days) ELSE 0 END))) AS child_in_hardship__sure,
    (present_days & (CASE WHEN birth_date IS NULL THEN $full ELSE ($full - (CASE WHEN (birth_date + CAST($p_child_in_hardship_age_below * 10000 AS INTEGER)) <= $year_base + 101 THEN $full WHEN (birth_date + CAST($p_child_in_hardship_age_below * 10000 AS INTEGER)) > $as_of THEN 0 ELSE (((4096 - (1 << (((birth_date + CAST($p_child_in_hardship_age_below * 10000 AS INTEGER)) - $year_base - 2) // 100))) & $active) | $now) END)) END) & ((CASE WHEN child_in_hardship IS TRUE THEN hardship_days ELSE 0 END) | (CASE WHEN child_in_hardship IS NULL THEN $full ELSE 0 END)) & ((CASE WHEN ((orphan_care = 'none')) IS NOT FALSE THEN orphan_days ELSE 0 END) | (CASE WHEN (((CASE WHEN orphan_care IS NOT NULL THEN 'none' END) = 'none')) IS NOT FALSE THEN ($full - orphan_days) ELSE 0 END))) AS child_in_hardship__maybe
  FROM person_1
  WHERE ((((NOT (birth_date + CAST($p_child_in_hardship_age_below * 10000 AS INTEGER) <= LEAST($year_base + 101, $as_of))) IS NOT FALSE) AND (child_in_hardship IS NOT FALSE) AND (((CASE WHEN ((orphan_care = 'none')) IS NOT FALSE THEN orphan_days ELSE 0 END) | (CASE WHEN (((CASE WHEN orphan_care IS NOT NULL THEN 'none' END) = 'none')) IS NOT FALSE THEN ($full - orphan_days) ELSE 0 END)) <> 0)))),
person_3 AS (
  SELECT *,
    child_in_hardship__sure AS child_in_hardship__d,
    (child_in_hardship__maybe - child_in_hardship__sure) AS child_in_hardship__u
  FROM person_2),
person_4 AS (
  SELECT *,
    (CASE WHEN (child_in_hardship__d & $now) <> 0 THEN 'entitled' WHEN (child_in_hardship__x & $now) <> 0 THEN 'excluded' WHEN (child_in_hardship__u & $now) <> 0 THEN 'unknown' WHEN (child_in_hardship__d & $accrual_month) <> 0 THEN 'ended' WHEN (child_in_hardship__u & $accrual_month) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS child_in_hardship__verdict
  FROM person_3
  WHERE (((child_in_hardship__d | child_in_hardship__x) <> 0))),
person_5 AS (
  SELECT *,
    (CASE WHEN child_in_hardship__verdict = 'entitled' THEN (12 * $p_child_in_hardship_rate) END) AS child_in_hardship__annual,
    (CASE WHEN child_in_hardship__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((child_in_hardship__d & $expected_month)) = 0 THEN 0 ELSE (CAST(bit_count((child_in_hardship__d & $expected_month)) AS BIGINT) * $p_child_in_hardship_rate) END) END) AS child_in_hardship__low,
    (CASE WHEN child_in_hardship__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((child_in_hardship__d | child_in_hardship__u) & $accrual_month)) = 0 THEN 0 ELSE (CAST(bit_count(((child_in_hardship__d | child_in_hardship__u) & $accrual_month)) AS BIGINT) * $p_child_in_hardship_rate) END) END) AS child_in_hardship__high
  FROM person_4),
person_6 AS (
  SELECT *,
    (CASE WHEN child_in_hardship__verdict = 'unknown' THEN CASE WHEN person_received_now__child_in_hardship > 1 THEN 'unverified' END WHEN child_in_hardship__verdict = 'not_entitled' THEN CASE WHEN person_received_now__child_in_hardship > 1 THEN 'unexplained' END WHEN child_in_hardship__open THEN CASE WHEN person_received_now__child_in_hardship > 1 THEN 'unverified' WHEN (child_in_hardship__d & $expected_month) <> 0 THEN 'missing' WHEN ((child_in_hardship__d | child_in_hardship__u) & $accrual_month) <> 0 THEN 'pending' END WHEN person_received_now__child_in_hardship <= 1 THEN CASE WHEN child_in_hardship__low > 1 THEN 'missing' WHEN child_in_hardship__high > 1 THEN 'pending' END WHEN child_in_hardship__verdict = 'excluded' AND child_in_hardship__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__child_in_hardship < child_in_hardship__low - 1 THEN 'under' WHEN person_received_now__child_in_hardship > child_in_hardship__high + 1 THEN 'over' ELSE 'matched' END END) AS child_in_hardship__says
  FROM person_5),
person_7 AS (
  SELECT *,
    (CASE WHEN child_in_hardship__says IN ('missing', 'under') THEN child_in_hardship__low - person_received_now__child_in_hardship END) AS child_in_hardship__missing
  FROM person_6)
SELECT household_no,
  COALESCE(child_in_hardship__annual, 0) AS annual,
  COALESCE(child_in_hardship__once, 0) AS once,
  COALESCE(child_in_hardship__missing, 0) AS missing
FROM person_7)
    UNION ALL (WITH person_0 AS (
  SELECT person_beside.household_no AS household_no, person_beside.present_days AS present_days, person_beside.dibao_member AS dibao_member, person_beside.dibao_from AS dibao_from, person_beside.dibao_until AS dibao_until, person_beside.wubao_care AS wubao_care, person_beside.wubao_from AS wubao_from, person_beside.wubao_until AS wubao_until, person_beside.dibao_monthly AS dibao_monthly, COALESCE(receipt_sums.person_received_now__dibao, 0) AS person_received_now__dibao
  FROM person_beside
  LEFT JOIN (SELECT person_no, CAST(SUM(CASE WHEN policy_id = 'dibao' AND year = $policy_year THEN amount ELSE 0 END) AS BIGINT) AS person_received_now__dibao FROM received WHERE person_no IS NOT NULL AND policy_id IN ('dibao') GROUP BY person_no) AS receipt_sums ON receipt_sums.person_no = person_beside.person_no),
person_1 AS (
  SELECT *,
    ((CASE WHEN dibao_from IS NULL THEN $full ELSE (CASE WHEN dibao_from <= $year_base + 101 THEN $full WHEN dibao_from > $as_of THEN 0 ELSE (((4096 - (1 << ((dibao_from - $year_base - 2) // 100))) & $active) | $now) END) END) & (CASE WHEN dibao_until IS NULL THEN $full ELSE $full - (CASE WHEN (dibao_until + 1) <= $year_base + 101 THEN $full WHEN (dibao_until + 1) > $as_of THEN 0 ELSE (((4096 - (1 << (((dibao_until + 1) - $year_base - 2) // 100))) & $active) | $now) END) END)) AS dibao_days,
    ((CASE WHEN wubao_from IS NULL THEN $full ELSE (CASE WHEN wubao_from <= $year_base + 101 THEN $full WHEN wubao_from > $as_of THEN 0 ELSE (((4096 - (1 << ((wubao_from - $year_base - 2) // 100))) & $active) | $now) END) END) & (CASE WHEN wubao_until IS NULL THEN $full ELSE $full - (CASE WHEN (wubao_until + 1) <= $year_base + 101 THEN $full WHEN (wubao_until + 1) > $as_of THEN 0 ELSE (((4096 - (1 << (((wubao_until + 1) - $year_base - 2) // 100))) & $active) | $now) END) END)) AS wubao_days,
    0 AS dibao__x,
    NULL AS dibao__once,
    ((dibao_monthly) IS NULL) AS dibao__open
  FROM person_0),
person_2 AS (
  SELECT *,
    (present_days & (CASE WHEN dibao_member IS TRUE THEN dibao_days ELSE 0 END) & ((CASE WHEN ((wubao_care = 'none')) IS TRUE THEN wubao_days ELSE 0 END) | (CASE WHEN (((CASE WHEN wubao_care IS NOT NULL THEN 'none' END) = 'none')) IS TRUE THEN ($full - wubao_days) ELSE 0 END))) AS dibao__sure,
    (present_days & ((CASE WHEN dibao_member IS TRUE THEN dibao_days ELSE 0 END) | (CASE WHEN dibao_member IS NULL THEN $full ELSE 0 END)) & ((CASE WHEN ((wubao_care = 'none')) IS NOT FALSE THEN wubao_days ELSE 0 END) | (CASE WHEN (((CASE WHEN wubao_care IS NOT NULL THEN 'none' END) = 'none')) IS NOT FALSE THEN ($full - wubao_days) ELSE 0 END))) AS dibao__maybe
  FROM person_1
  WHERE (((dibao_member IS NOT FALSE) AND (((CASE WHEN ((wubao_care = 'none')) IS NOT FALSE THEN wubao_days ELSE 0 END) | (CASE WHEN (((CASE WHEN wubao_care IS NOT NULL THEN 'none' END) = 'none')) IS NOT FALSE THEN ($full - wubao_days) ELSE 0 END)) <> 0)))),
person_3 AS (
  SELECT *,
    dibao__sure AS dibao__d,
    (dibao__maybe - dibao__sure) AS dibao__u
  FROM person_2),
person_4 AS (
  SELECT *,
    (CASE WHEN (dibao__d & $now) <> 0 THEN 'entitled' WHEN (dibao__x & $now) <> 0 THEN 'excluded' WHEN (dibao__u & $now) <> 0 THEN 'unknown' WHEN (dibao__d & $accrual_month) <> 0 THEN 'ended' WHEN (dibao__u & $accrual_month) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS dibao__verdict
  FROM person_3
  WHERE (((dibao__d | dibao__x) <> 0))),
person_5 AS (
  SELECT *,
    (CASE WHEN dibao__verdict = 'entitled' THEN (12 * dibao_monthly) END) AS dibao__annual,
    (CASE WHEN dibao__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((dibao__d & $expected_month)) = 0 THEN 0 ELSE (CAST(bit_count((dibao__d & $expected_month)) AS BIGINT) * dibao_monthly) END) END) AS dibao__low,
    (CASE WHEN dibao__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((dibao__d | dibao__u) & $accrual_month)) = 0 THEN 0 ELSE (CAST(bit_count(((dibao__d | dibao__u) & $accrual_month)) AS BIGINT) * dibao_monthly) END) END) AS dibao__high
  FROM person_4),
person_6 AS (
  SELECT *,
    (CASE WHEN dibao__verdict = 'unknown' THEN CASE WHEN person_received_now__dibao > 1 THEN 'unverified' END WHEN dibao__verdict = 'not_entitled' THEN CASE WHEN person_received_now__dibao > 1 THEN 'unexplained' END WHEN dibao__open THEN CASE WHEN person_received_now__dibao > 1 THEN 'unverified' WHEN (dibao__d & $expected_month) <> 0 THEN 'missing' WHEN ((dibao__d | dibao__u) & $accrual_month) <> 0 THEN 'pending' END WHEN person_received_now__dibao <= 1 THEN CASE WHEN dibao__low > 1 THEN 'missing' WHEN dibao__high > 1 THEN 'pending' END WHEN dibao__verdict = 'excluded' AND dibao__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__dibao < dibao__low - 1 THEN 'under' WHEN person_received_now__dibao > dibao__high + 1 THEN 'over' ELSE 'matched' END END) AS dibao__says
  FROM person_5),
person_7 AS (
  SELECT *,
    (CASE WHEN dibao__says IN ('missing', 'under') THEN dibao__low - person_received_now__dibao END) AS dibao__missing
  FROM person_6)
SELECT household_no,
  COALESCE(dibao__annual, 0) AS annual,
  COALESCE(dibao__once, 0) AS once,
  COALESCE(dibao__missing, 0) AS missing
FROM person_7)
    UNION ALL (WITH standing_0 AS (
  SELECT standing_1.household_no AS household_no, standing_1.elderly_80s__d AS elderly_80s__d, standing_1.elderly_80s__x AS elderly_80s__x, standing_1.elderly_80s__u AS elderly_80s__u, standing_1.elderly_90s__d AS elderly_90s__d, standing_1.elderly_90s__x AS elderly_90s__x, standing_1.elderly_90s__u AS elderly_90s__u, standing_1.incapacity_care__d AS incapacity_care__d, standing_1.incapacity_care__x AS incapacity_care__x, standing_1.incapacity_care__u AS incapacity_care__u, standing_1.orphan_community__d AS orphan_community__d, standing_1.orphan_community__x AS orphan_community__x, standing_1.orphan_community__u AS orphan_community__u, standing_1.orphan_institution__d AS orphan_institution__d, standing_1.orphan_institution__x AS orphan_institution__x, standing_1.orphan_institution__u AS orphan_institution__u, standing_1.wubao_central__d AS wubao_central__d, standing_1.wubao_central__x AS wubao_central__x, standing_1.wubao_central__u AS wubao_central__u, standing_1.wubao_dispersed__d AS wubao_dispersed__d, standing_1.wubao_dispersed__x AS wubao_dispersed__x, standing_1.wubao_dispersed__u AS wubao_dispersed__u, standing_1.disability_care__d AS disability_care__d, standing_1.disability_care__x AS disability_care__x, standing_1.disability_care__u AS disability_care__u, standing_1.disability_living__d AS disability_living__d, standing_1.disability_living__x AS disability_living__x, standing_1.disability_living__u AS disability_living__u, standing_1.person_received_now__elderly_80s AS person_received_now__elderly_80s, standing_1.person_received_now__elderly_90s AS person_received_now__elderly_90s, standing_1.person_received_now__incapacity_care AS person_received_now__incapacity_care, standing_1.person_received_now__orphan_community AS person_received_now__orphan_community, standing_1.person_received_now__orphan_institution AS person_received_now__orphan_institution, standing_1.person_received_now__wubao_central AS person_received_now__wubao_central, standing_1.person_received_now__wubao_dispersed AS person_received_now__wubao_dispersed, standing_1.person_received_now__disability_care AS person_received_now__disability_care, standing_1.person_received_now__disability_living AS person_received_now__disability_living
  FROM standing_1),
standing_1 AS (
  SELECT *,
    (CASE WHEN (elderly_80s__d & $now) <> 0 THEN 'entitled' WHEN (elderly_80s__x & $now) <> 0 THEN 'excluded' WHEN (elderly_80s__u & $now) <> 0 THEN 'unknown' WHEN (elderly_80s__d & $accrual_month) <> 0 THEN 'ended' WHEN (elderly_80s__u & $accrual_month) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS elderly_80s__verdict,
    (CASE WHEN (elderly_90s__d & $now) <> 0 THEN 'entitled' WHEN (elderly_90s__x & $now) <> 0 THEN 'excluded' WHEN (elderly_90s__u & $now) <> 0 THEN 'unknown' WHEN (elderly_90s__d & $accrual_month) <> 0 THEN 'ended' WHEN (elderly_90s__u & $accrual_month) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS elderly_90s__verdict,
    (CASE WHEN (incapacity_care__d & $now) <> 0 THEN 'entitled' WHEN (incapacity_care__x & $now) <> 0 THEN 'excluded' WHEN (incapacity_care__u & $now) <> 0 THEN 'unknown' WHEN (incapacity_care__d & $accrual_month) <> 0 THEN 'ended' WHEN (incapacity_care__u & $accrual_month) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS incapacity_care__verdict,
    (CASE WHEN (orphan_community__d & $now) <> 0 THEN 'entitled' WHEN (orphan_community__x & $now) <> 0 THEN 'excluded' WHEN (orphan_community__u & $now) <> 0 THEN 'unknown' WHEN (orphan_community__d & $accrual_month) <> 0 THEN 'ended' WHEN (orphan_community__u & $accrual_month) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS orphan_community__verdict,
    (CASE WHEN (orphan_institution__d & $now) <> 0 THEN 'entitled' WHEN (orphan_institution__x & $now) <> 0 THEN 'excluded' WHEN (orphan_institution__u & $now) <> 0 THEN 'unknown' WHEN (orphan_institution__d & $accrual_month) <> 0 THEN 'ended' WHEN (orphan_institution__u & $accrual_month) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS orphan_institution__verdict,
    (CASE WHEN (wubao_central__d & $now) <> 0 THEN 'entitled' WHEN (wubao_central__x & $now) <> 0 THEN 'excluded' WHEN (wubao_central__u & $now) <> 0 THEN 'unknown' WHEN (wubao_central__d & $accrual_year) <> 0 THEN 'ended' WHEN (wubao_central__u & $accrual_year) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS wubao_central__verdict,
    (CASE WHEN (wubao_dispersed__d & $now) <> 0 THEN 'entitled' WHEN (wubao_dispersed__x & $now) <> 0 THEN 'excluded' WHEN (wubao_dispersed__u & $now) <> 0 THEN 'unknown' WHEN (wubao_dispersed__d & $accrual_year) <> 0 THEN 'ended' WHEN (wubao_dispersed__u & $accrual_year) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS wubao_dispersed__verdict,
    (CASE WHEN (disability_care__d & $now) <> 0 THEN 'entitled' WHEN (disability_care__x & $now) <> 0 THEN 'excluded' WHEN (disability_care__u & $now) <> 0 THEN 'unknown' WHEN (disability_care__d & $accrual_month) <> 0 THEN 'ended' WHEN (disability_care__u & $accrual_month) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS disability_care__verdict,
    (CASE WHEN (disability_living__d & $now) <> 0 THEN 'entitled' WHEN (disability_living__x & $now) <> 0 THEN 'excluded' WHEN (disability_living__u & $now) <> 0 THEN 'unknown' WHEN (disability_living__d & $accrual_month) <> 0 THEN 'ended' WHEN (disability_living__u & $accrual_month) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS disability_living__verdict,
    NULL AS elderly_80s__once,
    NULL AS elderly_90s__once,
    NULL AS incapacity_care__once,
    NULL AS orphan_community__once,
    NULL AS orphan_institution__once,
    NULL AS wubao_central__once,
    NULL AS wubao_dispersed__once,
    NULL AS disability_care__once,
    NULL AS disability_living__once,
    (($p_elderly_80s_rate) IS NULL) AS elderly_80s__open,
    (($p_elderly_90s_rate) IS NULL) AS elderly_90s__open,
    (($p_incapacity_care_rate) IS NULL) AS incapacity_care__open,
    (($p_orphan_community_rate) IS NULL) AS orphan_community__open,
    (($p_orphan_institution_rate) IS NULL) AS orphan_institution__open,
    (($p_wubao_central_rate) IS NULL) AS wubao_central__open,
    (($p_wubao_dispersed_rate) IS NULL) AS wubao_dispersed__open,
    (($p_disability_care_rate) IS NULL) AS disability_care__open,
    (($p_disability_living_rate) IS NULL) AS disability_living__open
  FROM standing_0
  WHERE (((elderly_80s__d | elderly_80s__x) <> 0) OR ((elderly_90s__d | elderly_90s__x) <> 0) OR ((incapacity_care__d | incapacity_care__x) <> 0) OR ((orphan_community__d | orphan_community__x) <> 0) OR ((orphan_institution__d | orphan_institution__x) <> 0) OR ((wubao_central__d | wubao_central__x) <> 0) OR ((wubao_dispersed__d | wubao_dispersed__x) <> 0) OR ((disability_care__d | disability_care__x) <> 0) OR ((disability_living__d | disability_living__x) <> 0))),
standing_2 AS (
  SELECT *,
    (CASE WHEN elderly_80s__verdict = 'entitled' THEN (12 * $p_elderly_80s_rate) END) AS elderly_80s__annual,
    (CASE WHEN elderly_90s__verdict = 'entitled' THEN (12 * $p_elderly_90s_rate) END) AS elderly_90s__annual,
    (CASE WHEN incapacity_care__verdict = 'entitled' THEN (12 * $p_incapacity_care_rate) END) AS incapacity_care__annual,
    (CASE WHEN orphan_community__verdict = 'entitled' THEN (12 * $p_orphan_community_rate) END) AS orphan_community__annual,
    (CASE WHEN orphan_institution__verdict = 'entitled' THEN (12 * $p_orphan_institution_rate) END) AS orphan_institution__annual,
    (CASE WHEN wubao_central__verdict = 'entitled' THEN ($p_wubao_central_rate) END) AS wubao_central__annual,
    (CASE WHEN wubao_dispersed__verdict = 'entitled' THEN ($p_wubao_dispersed_rate) END) AS wubao_dispersed__annual,
    (CASE WHEN disability_care__verdict = 'entitled' THEN (12 * $p_disability_care_rate) END) AS disability_care__annual,
    (CASE WHEN disability_living__verdict = 'entitled' THEN (12 * $p_disability_living_rate) END) AS disability_living__annual,
    (CASE WHEN elderly_80s__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((elderly_80s__d & $expected_month)) = 0 THEN 0 ELSE (CAST(bit_count((elderly_80s__d & $expected_month)) AS BIGINT) * $p_elderly_80s_rate) END) END) AS elderly_80s__low,
    (CASE WHEN elderly_80s__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((elderly_80s__d | elderly_80s__u) & $accrual_month)) = 0 THEN 0 ELSE (CAST(bit_count(((elderly_80s__d | elderly_80s__u) & $accrual_month)) AS BIGINT) * $p_elderly_80s_rate) END) END) AS elderly_80s__high,
    (CASE WHEN elderly_90s__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((elderly_90s__d & $expected_month)) = 0 THEN 0 ELSE (CAST(bit_count((elderly_90s__d & $expected_month)) AS BIGINT) * $p_elderly_90s_rate) END) END) AS elderly_90s__low,
    (CASE WHEN elderly_90s__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((elderly_90s__d | elderly_90s__u) & $accrual_month)) = 0 THEN 0 ELSE (CAST(bit_count(((elderly_90s__d | elderly_90s__u) & $accrual_month)) AS BIGINT) * $p_elderly_90s_rate) END) END) AS elderly_90s__high,
    (CASE WHEN incapacity_care__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((incapacity_care__d & $expected_month)) = 0 THEN 0 ELSE (CAST(bit_count((incapacity_care__d & $expected_month)) AS BIGINT) * $p_incapacity_care_rate) END) END) AS incapacity_care__low,
    (CASE WHEN incapacity_care__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((incapacity_care__d | incapacity_care__u) & $accrual_month)) = 0 THEN 0 ELSE (CAST(bit_count(((incapacity_care__d | incapacity_care__u) & $accrual_month)) AS BIGINT) * $p_incapacity_care_rate) END) END) AS incapacity_care__high,
    (CASE WHEN orphan_community__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((orphan_community__d & $expected_month)) = 0 THEN 0 ELSE (CAST(bit_count((orphan_community__d & $expected_month)) AS BIGINT) * $p_orphan_community_rate) END) END) AS orphan_community__low,
    (CASE WHEN orphan_community__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((orphan_community__d | orphan_community__u) & $accrual_month)) = 0 THEN 0 ELSE (CAST(bit_count(((orphan_community__d | orphan_community__u) & $accrual_month)) AS BIGINT) * $p_orphan_community_rate) END) END) AS orphan_community__high,
    (CASE WHEN orphan_institution__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((orphan_institution__d & $expected_month)) = 0 THEN 0 ELSE (CAST(bit_count((orphan_institution__d & $expected_month)) AS BIGINT) * $p_orphan_institution_rate) END) END) AS orphan_institution__low,
    (CASE WHEN orphan_institution__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((orphan_institution__d | orphan_institution__u) & $accrual_month)) = 0 THEN 0 ELSE (CAST(bit_count(((orphan_institution__d | orphan_institution__u) & $accrual_month)) AS BIGINT) * $p_orphan_institution_rate) END) END) AS orphan_institution__high,
    (CASE WHEN wubao_central__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((wubao_central__d & $expected_year)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count((wubao_central__d & $expected_year)) AS BIGINT) * $p_wubao_central_rate) < 0 THEN -((2 * -((CAST(bit_count((wubao_central__d & $expected_year)) AS BIGINT) * $p_wubao_central_rate)) + 12) // (2 * 12)) ELSE (2 * (CAST(bit_count((wubao_central__d & $expected_year)) AS BIGINT) * $p_wubao_central_rate) + 12) // (2 * 12) END) END) END) AS wubao_central__low,
    (CASE WHEN wubao_central__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((wubao_central__d | wubao_central__u) & $accrual_year)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count(((wubao_central__d | wubao_central__u) & $accrual_year)) AS BIGINT) * $p_wubao_central_rate) < 0 THEN -((2 * -((CAST(bit_count(((wubao_central__d | wubao_central__u) & $accrual_year)) AS BIGINT) * $p_wubao_central_rate)) + 12) // (2 * 12)) ELSE (2 * (CAST(bit_count(((wubao_central__d | wubao_central__u) & $accrual_year)) AS BIGINT) * $p_wubao_central_rate) + 12) // (2 * 12) END) END) END) AS wubao_central__high,
    (CASE WHEN wubao_dispersed__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((wubao_dispersed__d & $expected_year)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count((wubao_dispersed__d & $expected_year)) AS BIGINT) * $p_wubao_dispersed_rate) < 0 THEN -((2 * -((CAST(bit_count((wubao_dispersed__d & $expected_year)) AS BIGINT) * $p_wubao_dispersed_rate)) + 12) // (2 * 12)) ELSE (2 * (CAST(bit_count((wubao_dispersed__d & $expected_year)) AS BIGINT) * $p_wubao_dispersed_rate) + 12) // (2 * 12) END) END) END) AS wubao_dispersed__low,
    (CASE WHEN wubao_dispersed__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((wubao_dispersed__d | wubao_dispersed__u) & $accrual_year)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count(((wubao_dispersed__d | wubao_dispersed__u) & $accrual_year)) AS BIGINT) * $p_wubao_dispersed_rate) < 0 THEN -((2 * -((CAST(bit_count(((wubao_dispersed__d | wubao_dispersed__u) & $accrual_year)) AS BIGINT) * $p_wubao_dispersed_rate)) + 12) // (2 * 12)) ELSE (2 * (CAST(bit_count(((wubao_dispersed__d | wubao_dispersed__u) & $accrual_year)) AS BIGINT) * $p_wubao_dispersed_rate) + 12) // (2 * 12) END) END) END) AS wubao_dispersed__high,
    (CASE WHEN disability_care__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((disability_care__d & $expected_month)) = 0 THEN 0 ELSE (CAST(bit_count((disability_care__d & $expected_month)) AS BIGINT) * $p_disability_care_rate) END) END) AS disability_care__low,
    (CASE WHEN disability_care__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((disability_care__d | disability_care__u) & $accrual_month)) = 0 THEN 0 ELSE (CAST(bit_count(((disability_care__d | disability_care__u) & $accrual_month)) AS BIGINT) * $p_disability_care_rate) END) END) AS disability_care__high,
    (CASE WHEN disability_living__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((disability_living__d & $expected_month)) = 0 THEN 0 ELSE (CAST(bit_count((disability_living__d & $expected_month)) AS BIGINT) * $p_disability_living_rate) END) END) AS disability_living__low,
    (CASE WHEN disability_living__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((disability_living__d | disability_living__u) & $accrual_month)) = 0 THEN 0 ELSE (CAST(bit_count(((disability_living__d | disability_living__u) & $accrual_month)) AS BIGINT) * $p_disability_living_rate) END) END) AS disability_living__high
  FROM standing_1),
standing_3 AS (
  SELECT *,
    (CASE WHEN elderly_80s__verdict = 'unknown' THEN CASE WHEN person_received_now__elderly_80s > 1 THEN 'unverified' END WHEN elderly_80s__verdict = 'not_entitled' THEN CASE WHEN person_received_now__elderly_80s > 1 THEN 'unverified' END WHEN elderly_80s__open THEN CASE WHEN person_received_now__elderly_80s > 1 THEN 'unverified' WHEN (elderly_80s__d & $expected_month) <> 0 THEN 'missing' WHEN ((elderly_80s__d | elderly_80s__u) & $accrual_month) <> 0 THEN 'pending' END WHEN person_received_now__elderly_80s <= 1 THEN CASE WHEN elderly_80s__low > 1 THEN 'missing' WHEN elderly_80s__high > 1 THEN 'pending' END WHEN elderly_80s__verdict = 'excluded' AND elderly_80s__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__elderly_80s < elderly_80s__low - 1 THEN 'under' WHEN person_received_now__elderly_80s > elderly_80s__high + 1 THEN 'over' ELSE 'matched' END END) AS elderly_80s__says,
    (CASE WHEN elderly_90s__verdict = 'unknown' THEN CASE WHEN person_received_now__elderly_90s > 1 THEN 'unverified' END WHEN elderly_90s__verdict = 'not_entitled' THEN CASE WHEN person_received_now__elderly_90s > 1 THEN 'unverified' END WHEN elderly_90s__open THEN CASE WHEN person_received_now__elderly_90s > 1 THEN 'unverified' WHEN (elderly_90s__d & $expected_month) <> 0 THEN 'missing' WHEN ((elderly_90s__d | elderly_90s__u) & $accrual_month) <> 0 THEN 'pending' END WHEN person_received_now__elderly_90s <= 1 THEN CASE WHEN elderly_90s__low > 1 THEN 'missing' WHEN elderly_90s__high > 1 THEN 'pending' END WHEN elderly_90s__verdict = 'excluded' AND elderly_90s__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__elderly_90s < elderly_90s__low - 1 THEN 'under' WHEN person_received_now__elderly_90s > elderly_90s__high + 1 THEN 'over' ELSE 'matched' END END) AS elderly_90s__says,
    (CASE WHEN incapacity_care__verdict = 'unknown' THEN CASE WHEN person_received_now__incapacity_care > 1 THEN 'unverified' END WHEN incapacity_care__verdict = 'not_entitled' THEN CASE WHEN person_received_now__incapacity_care > 1 THEN 'unverified' END WHEN incapacity_care__open THEN CASE WHEN person_received_now__incapacity_care > 1 THEN 'unverified' WHEN (incapacity_care__d & $expected_month) <> 0 THEN 'missing' WHEN ((incapacity_care__d | incapacity_care__u) & $accrual_month) <> 0 THEN 'pending' END WHEN person_received_now__incapacity_care <= 1 THEN CASE WHEN incapacity_care__low > 1 THEN 'missing' WHEN incapacity_care__high > 1 THEN 'pending' END WHEN incapacity_care__verdict = 'excluded' AND incapacity_care__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__incapacity_care < incapacity_care__low - 1 THEN 'under' ELSE 'matched' END END) AS incapacity_care__says,
    (CASE WHEN orphan_community__verdict = 'unknown' THEN CASE WHEN person_received_now__orphan_community > 1 THEN 'unverified' END WHEN orphan_community__verdict = 'not_entitled' THEN CASE WHEN person_received_now__orphan_community > 1 THEN 'unexplained' END WHEN orphan_community__open THEN CASE WHEN person_received_now__orphan_community > 1 THEN 'unverified' WHEN (orphan_community__d & $expected_month) <> 0 THEN 'missing' WHEN ((orphan_community__d | orphan_community__u) & $accrual_month) <> 0 THEN 'pending' END WHEN person_received_now__orphan_community <= 1 THEN CASE WHEN orphan_community__low > 1 THEN 'missing' WHEN orphan_community__high > 1 THEN 'pending' END WHEN orphan_community__verdict = 'excluded' AND orphan_community__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__orphan_community < orphan_community__low - 1 THEN 'under' WHEN person_received_now__orphan_community > orphan_community__high + 1 THEN 'over' ELSE 'matched' END END) AS orphan_community__says,
    (CASE WHEN orphan_institution__verdict = 'unknown' THEN CASE WHEN person_received_now__orphan_institution > 1 THEN 'unverified' END WHEN orphan_institution__verdict = 'not_entitled' THEN CASE WHEN person_received_now__orphan_institution > 1 THEN 'unexplained' END WHEN orphan_institution__open THEN CASE WHEN person_received_now__orphan_institution > 1 THEN 'unverified' WHEN (orphan_institution__d & $expected_month) <> 0 THEN 'missing' WHEN ((orphan_institution__d | orphan_institution__u) & $accrual_month) <> 0 THEN 'pending' END WHEN person_received_now__orphan_institution <= 1 THEN CASE WHEN orphan_institution__low > 1 THEN 'missing' WHEN orphan_institution__high > 1 THEN 'pending' END WHEN orphan_institution__verdict = 'excluded' AND orphan_institution__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__orphan_institution < orphan_institution__low - 1 THEN 'under' WHEN person_received_now__orphan_institution > orphan_institution__high + 1 THEN 'over' ELSE 'matched' END END) AS orphan_institution__says,
    (CASE WHEN wubao_central__verdict = 'unknown' THEN CASE WHEN person_received_now__wubao_central > 1 THEN 'unverified' END WHEN wubao_central__verdict = 'not_entitled' THEN CASE WHEN person_received_now__wubao_central > 1 THEN 'unexplained' END WHEN wubao_central__open THEN CASE WHEN person_received_now__wubao_central > 1 THEN 'unverified' WHEN (wubao_central__d & $expected_year) <> 0 THEN 'missing' WHEN ((wubao_central__d | wubao_central__u) & $accrual_year) <> 0 THEN 'pending' END WHEN person_received_now__wubao_central <= 1 THEN CASE WHEN wubao_central__low > 1 THEN 'missing' WHEN wubao_central__high > 1 THEN 'pending' END WHEN wubao_central__verdict = 'excluded' AND wubao_central__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__wubao_central < wubao_central__low - 1 THEN 'under' WHEN person_received_now__wubao_central > wubao_central__high + 1 THEN 'over' ELSE 'matched' END END) AS wubao_central__says,
    (CASE WHEN wubao_dispersed__verdict = 'unknown' THEN CASE WHEN person_received_now__wubao_dispersed > 1 THEN 'unverified' END WHEN wubao_dispersed__verdict = 'not_entitled' THEN CASE WHEN person_received_now__wubao_dispersed > 1 THEN 'unexplained' END WHEN wubao_dispersed__open THEN CASE WHEN person_received_now__wubao_dispersed > 1 THEN 'unverified' WHEN (wubao_dispersed__d & $expected_year) <> 0 THEN 'missing' WHEN ((wubao_dispersed__d | wubao_dispersed__u) & $accrual_year) <> 0 THEN 'pending' END WHEN person_received_now__wubao_dispersed <= 1 THEN CASE WHEN wubao_dispersed__low > 1 THEN 'missing' WHEN wubao_dispersed__high > 1 THEN 'pending' END WHEN wubao_dispersed__verdict = 'excluded' AND wubao_dispersed__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__wubao_dispersed < wubao_dispersed__low - 1 THEN 'under' WHEN person_received_now__wubao_dispersed > wubao_dispersed__high + 1 THEN 'over' ELSE 'matched' END END) AS wubao_dispersed__says,
    (CASE WHEN disability_care__verdict = 'unknown' THEN CASE WHEN person_received_now__disability_care > 1 THEN 'unverified' END WHEN disability_care__verdict = 'not_entitled' THEN CASE WHEN person_received_now__disability_care > 1 THEN 'unexplained' END WHEN disability_care__open THEN CASE WHEN person_received_now__disability_care > 1 THEN 'unverified' WHEN (disability_care__d & $expected_month) <> 0 THEN 'missing' WHEN ((disability_care__d | disability_care__u) & $accrual_month) <> 0 THEN 'pending' END WHEN person_received_now__disability_care <= 1 THEN CASE WHEN disability_care__low > 1 THEN 'missing' WHEN disability_care__high > 1 THEN 'pending' END WHEN disability_care__verdict = 'excluded' AND disability_care__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__disability_care < disability_care__low - 1 THEN 'under' WHEN person_received_now__disability_care > disability_care__high + 1 THEN 'over' ELSE 'matched' END END) AS disability_care__says,
    (CASE WHEN disability_living__verdict = 'unknown' THEN CASE WHEN person_received_now__disability_living > 1 THEN 'unverified' END WHEN disability_living__verdict = 'not_entitled' THEN CASE WHEN person_received_now__disability_living > 1 THEN 'unverified' END WHEN disability_living__open THEN CASE WHEN person_received_now__disability_living > 1 THEN 'unverified' WHEN (disability_living__d & $expected_month) <> 0 THEN 'missing' WHEN ((disability_living__d | disability_living__u) & $accrual_month) <> 0 THEN 'pending' END WHEN person_received_now__disability_living <= 1 THEN CASE WHEN disability_living__low > 1 THEN 'missing' WHEN disability_living__high > 1 THEN 'pending' END WHEN disability_living__verdict = 'excluded' AND disability_living__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__disability_living < disability_living__low - 1 THEN 'under' WHEN person_received_now__disability_living > disability_living__high + 1 THEN 'over' ELSE 'matched' END END) AS disability_living__says
  FROM standing_2),
standing_4 AS (
  SELECT *,
    (CASE WHEN elderly_80s__says IN ('missing', 'under') THEN elderly_80s__low - person_received_now__elderly_80s END) AS elderly_80s__missing,
    (CASE WHEN elderly_90s__says IN ('missing', 'under') THEN elderly_90s__low - person_received_now__elderly_90s END) AS elderly_90s__missing,
    (CASE WHEN incapacity_care__says IN ('missing', 'under') THEN incapacity_care__low - person_received_now__incapacity_care END) AS incapacity_care__missing,
    (CASE WHEN orphan_community__says IN ('missing', 'under') THEN orphan_community__low - person_received_now__orphan_community END) AS orphan_community__missing,
    (CASE WHEN orphan_institution__says IN ('missing', 'under') THEN orphan_institution__low - person_received_now__orphan_institution END) AS orphan_institution__missing,
    (CASE WHEN wubao_central__says IN ('missing', 'under') THEN wubao_central__low - person_received_now__wubao_central END) AS wubao_central__missing,
    (CASE WHEN wubao_dispersed__says IN ('missing', 'under') THEN wubao_dispersed__low - person_received_now__wubao_dispersed END) AS wubao_dispersed__missing,
    (CASE WHEN disability_care__says IN ('missing', 'under') THEN disability_care__low - person_received_now__disability_care END) AS disability_care__missing,
    (CASE WHEN disability_living__says IN ('missing', 'under') THEN disability_living__low - person_received_now__disability_living END) AS disability_living__missing
  FROM standing_3)
SELECT household_no,
  COALESCE(elderly_80s__annual, 0) + COALESCE(elderly_90s__annual, 0) + COALESCE(incapacity_care__annual, 0) + COALESCE(orphan_community__annual, 0) + COALESCE(orphan_institution__annual, 0) + COALESCE(wubao_central__annual, 0) + COALESCE(wubao_dispersed__annual, 0) + COALESCE(disability_care__annual, 0) + COALESCE(disability_living__annual, 0) AS annual,
  COALESCE(elderly_80s__once, 0) + COALESCE(elderly_90s__once, 0) + COALESCE(incapacity_care__once, 0) + COALESCE(orphan_community__once, 0) + COALESCE(orphan_institution__once, 0) + COALESCE(wubao_central__once, 0) + COALESCE(wubao_dispersed__once, 0) + COALESCE(disability_care__once, 0) + COALESCE(disability_living__once, 0) AS once,
  COALESCE(elderly_80s__missing, 0) + COALESCE(elderly_90s__missing, 0) + COALESCE(incapacity_care__missing, 0) + COALESCE(orphan_community__missing, 0) + COALESCE(orphan_institution__missing, 0) + COALESCE(wubao_central__missing, 0) + COALESCE(wubao_dispersed__missing, 0) + COALESCE(disability_care__missing, 0) + COALESCE(disability_living__missing, 0) AS missing
FROM standing_4)
    UNION ALL (WITH person_0 AS (
  SELECT person_beside.household_no AS household_no, person_beside.present_days AS present_days, person_beside.registered__sure AS registered__sure, person_beside.schooling AS schooling, person_beside.schooling_spring AS schooling_spring, person_beside.boarding AS boarding, person_beside.registered__maybe AS registered__maybe, COALESCE(receipt_sums.person_received_now__boarder_living, 0) AS person_received_now__boarder_living
  FROM person_beside
  LEFT JOIN (SELECT person_no, CAST(SUM(CASE WHEN policy_id = 'boarder_living' AND year = $policy_year THEN amount ELSE 0 END) AS BIGINT) AS person_received_now__boarder_living FROM received WHERE person_no IS NOT NULL AND policy_id IN ('boarder_living') GROUP BY person_no) AS receipt_sums ON receipt_sums.person_no = person_beside.person_no),
person_1 AS (
  SELECT *,
    ((CASE WHEN ((schooling IN ('primary', 'junior'))) IS TRUE THEN $autumn ELSE 0 END) | (CASE WHEN ((COALESCE(schooling_spring, schooling) IN ('primary', 'junior'))) IS TRUE THEN $spring ELSE 0 END)) AS in_compulsory_school__sure,
    0 AS boarder_living__x,
    ((CASE WHEN ((schooling IN ('primary', 'junior'))) IS NOT FALSE THEN $autumn ELSE 0 END) | (CASE WHEN ((COALESCE(schooling_spring, schooling) IN ('primary', 'junior'))) IS NOT FALSE THEN $spring ELSE 0 END)) AS in_compulsory_school__maybe,
    NULL AS boarder_living__once,
    (($p_boarder_living_rate) IS NULL) AS boarder_living__open
  FROM person_0
  WHERE (((registered__maybe <> 0) AND ((schooling IN ('primary', 'junior')) IS NOT FALSE OR (schooling_spring IN ('primary', 'junior')) IS TRUE) AND (boarding IS NOT FALSE)))),
person_2 AS (
  SELECT *,
    (present_days & registered__sure & in_compulsory_school__sure & (CASE WHEN (boarding) IS TRUE THEN $full ELSE 0 END)) AS boarder_living__sure,
    (present_days & registered__maybe & in_compulsory_school__maybe & (CASE WHEN (boarding) IS NOT FALSE THEN $full ELSE 0 END)) AS boarder_living__maybe
  FROM person_1),
person_3 AS (
  SELECT *,
    boarder_living__sure AS boarder_living__d,
    (boarder_living__maybe - boarder_living__sure) AS boarder_living__u
  FROM person_2),
person_4 AS (
  SELECT *,
    (CASE WHEN (boarder_living__d & $now) <> 0 THEN 'entitled' WHEN (boarder_living__x & $now) <> 0 THEN 'excluded' WHEN (boarder_living__u & $now) <> 0 THEN 'unknown' WHEN (boarder_living__d & $accrual_term) <> 0 THEN 'ended' WHEN (boarder_living__u & $accrual_term) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS boarder_living__verdict
  FROM person_3
  WHERE (((boarder_living__d | boarder_living__x) <> 0))),
person_5 AS (
  SELECT *,
    (CASE WHEN boarder_living__verdict = 'entitled' THEN ($p_boarder_living_rate) END) AS boarder_living__annual,
    (CASE WHEN boarder_living__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((boarder_living__d & $expected_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count((boarder_living__d & $expected_term)) AS BIGINT) * $p_boarder_living_rate) < 0 THEN -((2 * -((CAST(bit_count((boarder_living__d & $expected_term)) AS BIGINT) * $p_boarder_living_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count((boarder_living__d & $expected_term)) AS BIGINT) * $p_boarder_living_rate) + 2) // (2 * 2) END) END) END) AS boarder_living__low,
    (CASE WHEN boarder_living__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((boarder_living__d | boarder_living__u) & $accrual_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count(((boarder_living__d | boarder_living__u) & $accrual_term)) AS BIGINT) * $p_boarder_living_rate) < 0 THEN -((2 * -((CAST(bit_count(((boarder_living__d | boarder_living__u) & $accrual_term)) AS BIGINT) * $p_boarder_living_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count(((boarder_living__d | boarder_living__u) & $accrual_term)) AS BIGINT) * $p_boarder_living_rate) + 2) // (2 * 2) END) END) END) AS boarder_living__high
  FROM person_4),
person_6 AS (
  SELECT *,
    (CASE WHEN boarder_living__verdict = 'unknown' THEN CASE WHEN person_received_now__boarder_living > 1 THEN 'unverified' END WHEN boarder_living__verdict = 'not_entitled' THEN CASE WHEN person_received_now__boarder_living > 1 THEN 'unverified' END WHEN boarder_living__open THEN CASE WHEN person_received_now__boarder_living > 1 THEN 'unverified' WHEN (boarder_living__d & $expected_term) <> 0 THEN 'missing' WHEN ((boarder_living__d | boarder_living__u) & $accrual_term) <> 0 THEN 'pending' END WHEN person_received_now__boarder_living <= 1 THEN CASE WHEN boarder_living__low > 1 THEN 'missing' WHEN boarder_living__high > 1 THEN 'pending' END WHEN boarder_living__verdict = 'excluded' AND boarder_living__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__boarder_living > boarder_living__high + 1 THEN 'over' ELSE 'matched' END END) AS boarder_living__says
  FROM person_5),
person_7 AS (
  SELECT *,
    (CASE WHEN boarder_living__says IN ('missing', 'under') THEN boarder_living__low - person_received_now__boarder_living END) AS boarder_living__missing
  FROM person_6)
SELECT household_no,
  COALESCE(boarder_living__annual, 0) AS annual,
  COALESCE(boarder_living__once, 0) AS once,
  COALESCE(boarder_living__missing, 0) AS missing
FROM person_7)
    UNION ALL (WITH standing_0 AS (
  SELECT standing_2.household_no AS household_no, standing_2.compulsory_transport_living__d AS compulsory_transport_living__d, standing_2.compulsory_transport_living__x AS compulsory_transport_living__x, standing_2.compulsory_transport_living__u AS compulsory_transport_living__u, standing_2.higher_living__d AS higher_living__d, standing_2.higher_living__x AS higher_living__x, standing_2.higher_living__u AS higher_living__u, standing_2.rain_dew__d AS rain_dew__d, standing_2.rain_dew__x AS rain_dew__x, standing_2.rain_dew__u AS rain_dew__u, standing_2.senior_living__d AS senior_living__d, standing_2.senior_living__x AS senior_living__x, standing_2.senior_living__u AS senior_living__u, standing_2.person_received_now__compulsory_transport_living AS person_received_now__compulsory_transport_living, standing_2.person_received_now__higher_living AS person_received_now__higher_living, standing_2.person_received_now__rain_dew AS person_received_now__rain_dew, standing_2.person_received_now__senior_living AS person_received_now__senior_living
  FROM standing_2),
standing_1 AS (
  SELECT *,
    (CASE WHEN (compulsory_transport_living__d & $now) <> 0 THEN 'entitled' WHEN (compulsory_transport_living__x & $now) <> 0 THEN 'excluded' WHEN (compulsory_transport_living__u & $now) <> 0 THEN 'unknown' WHEN (compulsory_transport_living__d & $accrual_term) <> 0 THEN 'ended' WHEN (compulsory_transport_living__u & $accrual_term) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS compulsory_transport_living__verdict,
    (CASE WHEN (higher_living__d & $now) <> 0 THEN 'entitled' WHEN (higher_living__x & $now) <> 0 THEN 'excluded' WHEN (higher_living__u & $now) <> 0 THEN 'unknown' WHEN (higher_living__d & $accrual_term) <> 0 THEN 'ended' WHEN (higher_living__u & $accrual_term) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS higher_living__verdict,
    (CASE WHEN (rain_dew__d & $now) <> 0 THEN 'entitled' WHEN (rain_dew__x & $now) <> 0 THEN 'excluded' WHEN (rain_dew__u & $now) <> 0 THEN 'unknown' WHEN (rain_dew__d & $accrual_term) <> 0 THEN 'ended' WHEN (rain_dew__u & $accrual_term) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS rain_dew__verdict,
    (CASE WHEN (senior_living__d & $now) <> 0 THEN 'entitled' WHEN (senior_living__x & $now) <> 0 THEN 'excluded' WHEN (senior_living__u & $now) <> 0 THEN 'unknown' WHEN (senior_living__d & $accrual_term) <> 0 THEN 'ended' WHEN (senior_living__u & $accrual_term) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS senior_living__verdict,
    NULL AS compulsory_transport_living__once,
    NULL AS higher_living__once,
    NULL AS rain_dew__once,
    NULL AS senior_living__once,
    (($p_compulsory_transport_living_rate) IS NULL) AS compulsory_transport_living__open,
    (($p_higher_living_rate) IS NULL) AS higher_living__open,
    (($p_rain_dew_rate) IS NULL) AS rain_dew__open,
    (($p_senior_living_rate) IS NULL) AS senior_living__open
  FROM standing_0
  WHERE (((compulsory_transport_living__d | compulsory_transport_living__x) <> 0) OR ((higher_living__d | higher_living__x) <> 0) OR ((rain_dew__d | rain_dew__x) <> 0) OR ((senior_living__d | senior_living__x) <> 0))),
standing_2 AS (
  SELECT *,
    (CASE WHEN compulsory_transport_living__verdict = 'entitled' THEN ($p_compulsory_transport_living_rate) END) AS compulsory_transport_living__annual,
    (CASE WHEN higher_living__verdict = 'entitled' THEN ($p_higher_living_rate) END) AS higher_living__annual,
    (CASE WHEN rain_dew__verdict = 'entitled' THEN ($p_rain_dew_rate) END) AS rain_dew__annual,
    (CASE WHEN senior_living__verdict = 'entitled' THEN ($p_senior_living_rate) END) AS senior_living__annual,
    (CASE WHEN compulsory_transport_living__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((compulsory_transport_living__d & $expected_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count((compulsory_transport_living__d & $expected_term)) AS BIGINT) * $p_compulsory_transport_living_rate) < 0 THEN -((2 * -((CAST(bit_count((compulsory_transport_living__d & $expected_term)) AS BIGINT) * $p_compulsory_transport_living_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count((compulsory_transport_living__d & $expected_term)) AS BIGINT) * $p_compulsory_transport_living_rate) + 2) // (2 * 2) END) END) END) AS compulsory_transport_living__low,
    (CASE WHEN compulsory_transport_living__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((compulsory_transport_living__d | compulsory_transport_living__u) & $accrual_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count(((compulsory_transport_living__d | compulsory_transport_living__u) & $accrual_term)) AS BIGINT) * $p_compulsory_transport_living_rate) < 0 THEN -((2 * -((CAST(bit_count(((compulsory_transport_living__d | compulsory_transport_living__u) & $accrual_term)) AS BIGINT) * $p_compulsory_transport_living_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count(((compulsory_transport_living__d | compulsory_transport_living__u) & $accrual_term)) AS BIGINT) * $p_compulsory_transport_living_rate) + 2) // (2 * 2) END) END) END) AS compulsory_transport_living__high,
    (CASE WHEN higher_living__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((higher_living__d & $expected_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count((higher_living__d & $expected_term)) AS BIGINT) * $p_higher_living_rate) < 0 THEN -((2 * -((CAST(bit_count((higher_living__d & $expected_term)) AS BIGINT) * $p_higher_living_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count((higher_living__d & $expected_term)) AS BIGINT) * $p_higher_living_rate) + 2) // (2 * 2) END) END) END) AS higher_living__low,
    (CASE WHEN higher_living__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((higher_living__d | higher_living__u) & $accrual_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count(((higher_living__d | higher_living__u) & $accrual_term)) AS BIGINT) * $p_higher_living_rate) < 0 THEN -((2 * -((CAST(bit_count(((higher_living__d | higher_living__u) & $accrual_term)) AS BIGINT) * $p_higher_living_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count(((higher_living__d | higher_living__u) & $accrual_term)) AS BIGINT) * $p_higher_living_rate) + 2) // (2 * 2) END) END) END) AS higher_living__high,
    (CASE WHEN rain_dew__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((rain_dew__d & $expected_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count((rain_dew__d & $expected_term)) AS BIGINT) * $p_rain_dew_rate) < 0 THEN -((2 * -((CAST(bit_count((rain_dew__d & $expected_term)) AS BIGINT) * $p_rain_dew_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count((rain_dew__d & $expected_term)) AS BIGINT) * $p_rain_dew_rate) + 2) // (2 * 2) END) END) END) AS rain_dew__low,
    (CASE WHEN rain_dew__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((rain_dew__d | rain_dew__u) & $accrual_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count(((rain_dew__d | rain_dew__u) & $accrual_term)) AS BIGINT) * $p_rain_dew_rate) < 0 THEN -((2 * -((CAST(bit_count(((rain_dew__d | rain_dew__u) & $accrual_term)) AS BIGINT) * $p_rain_dew_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count(((rain_dew__d | rain_dew__u) & $accrual_term)) AS BIGINT) * $p_rain_dew_rate) + 2) // (2 * 2) END) END) END) AS rain_dew__high,
    (CASE WHEN senior_living__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((senior_living__d & $expected_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count((senior_living__d & $expected_term)) AS BIGINT) * $p_senior_living_rate) < 0 THEN -((2 * -((CAST(bit_count((senior_living__d & $expected_term)) AS BIGINT) * $p_senior_living_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count((senior_living__d & $expected_term)) AS BIGINT) * $p_senior_living_rate) + 2) // (2 * 2) END) END) END) AS senior_living__low,
    (CASE WHEN senior_living__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((senior_living__d | senior_living__u) & $accrual_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count(((senior_living__d | senior_living__u) & $accrual_term)) AS BIGINT) * $p_senior_living_rate) < 0 THEN -((2 * -((CAST(bit_count(((senior_living__d | senior_living__u) & $accrual_term)) AS BIGINT) * $p_senior_living_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count(((senior_living__d | senior_living__u) & $accrual_term)) AS BIGINT) * $p_senior_living_rate) + 2) // (2 * 2) END) END) END) AS senior_living__high
  FROM standing_1),
standing_3 AS (
  SELECT *,
    (CASE WHEN compulsory_transport_living__verdict = 'unknown' THEN CASE WHEN person_received_now__compulsory_transport_living > 1 THEN 'unverified' END WHEN compulsory_transport_living__verdict = 'not_entitled' THEN CASE WHEN person_received_now__compulsory_transport_living > 1 THEN 'unexplained' END WHEN compulsory_transport_living__open THEN CASE WHEN person_received_now__compulsory_transport_living > 1 THEN 'unverified' WHEN (compulsory_transport_living__d & $expected_term) <> 0 THEN 'missing' WHEN ((compulsory_transport_living__d | compulsory_transport_living__u) & $accrual_term) <> 0 THEN 'pending' END WHEN person_received_now__compulsory_transport_living <= 1 THEN CASE WHEN compulsory_transport_living__low > 1 THEN 'missing' WHEN compulsory_transport_living__high > 1 THEN 'pending' END WHEN compulsory_transport_living__verdict = 'excluded' AND compulsory_transport_living__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__compulsory_transport_living < compulsory_transport_living__low - 1 THEN 'under' WHEN person_received_now__compulsory_transport_living > compulsory_transport_living__high + 1 THEN 'over' ELSE 'matched' END END) AS compulsory_transport_living__says,
    (CASE WHEN higher_living__verdict = 'unknown' THEN CASE WHEN person_received_now__higher_living > 1 THEN 'unverified' END WHEN higher_living__verdict = 'not_entitled' THEN CASE WHEN person_received_now__higher_living > 1 THEN 'unexplained' END WHEN higher_living__open THEN CASE WHEN person_received_now__higher_living > 1 THEN 'unverified' WHEN (higher_living__d & $expected_term) <> 0 THEN 'missing' WHEN ((higher_living__d | higher_living__u) & $accrual_term) <> 0 THEN 'pending' END WHEN person_received_now__higher_living <= 1 THEN CASE WHEN higher_living__low > 1 THEN 'missing' WHEN higher_living__high > 1 THEN 'pending' END WHEN higher_living__verdict = 'excluded' AND higher_living__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__higher_living < higher_living__low - 1 THEN 'under' WHEN person_received_now__higher_living > higher_living__high + 1 THEN 'over' ELSE 'matched' END END) AS higher_living__says,
    (CASE WHEN rain_dew__verdict = 'unknown' THEN CASE WHEN person_received_now__rain_dew > 1 THEN 'unverified' END WHEN rain_dew__verdict = 'not_entitled' THEN CASE WHEN person_received_now__rain_dew > 1 THEN 'unexplained' END WHEN rain_dew__open THEN CASE WHEN person_received_now__rain_dew > 1 THEN 'unverified' WHEN (rain_dew__d & $expected_term) <> 0 THEN 'missing' WHEN ((rain_dew__d | rain_dew__u) & $accrual_term) <> 0 THEN 'pending' END WHEN person_received_now__rain_dew <= 1 THEN CASE WHEN rain_dew__low > 1 THEN 'missing' WHEN rain_dew__high > 1 THEN 'pending' END WHEN rain_dew__verdict = 'excluded' AND rain_dew__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__rain_dew < rain_dew__low - 1 THEN 'under' WHEN person_received_now__rain_dew > rain_dew__high + 1 THEN 'over' ELSE 'matched' END END) AS rain_dew__says,
    (CASE WHEN senior_living__verdict = 'unknown' THEN CASE WHEN person_received_now__senior_living > 1 THEN 'unverified' END WHEN senior_living__verdict = 'not_entitled' THEN CASE WHEN person_received_now__senior_living > 1 THEN 'unexplained' END WHEN senior_living__open THEN CASE WHEN person_received_now__senior_living > 1 THEN 'unverified' WHEN (senior_living__d & $expected_term) <> 0 THEN 'missing' WHEN ((senior_living__d | senior_living__u) & $accrual_term) <> 0 THEN 'pending' END WHEN person_received_now__senior_living <= 1 THEN CASE WHEN senior_living__low > 1 THEN 'missing' WHEN senior_living__high > 1 THEN 'pending' END WHEN senior_living__verdict = 'excluded' AND senior_living__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__senior_living < senior_living__low - 1 THEN 'under' WHEN person_received_now__senior_living > senior_living__high + 1 THEN 'over' ELSE 'matched' END END) AS senior_living__says
  FROM standing_2),
standing_4 AS (
  SELECT *,
    (CASE WHEN compulsory_transport_living__says IN ('missing', 'under') THEN compulsory_transport_living__low - person_received_now__compulsory_transport_living END) AS compulsory_transport_living__missing,
    (CASE WHEN higher_living__says IN ('missing', 'under') THEN higher_living__low - person_received_now__higher_living END) AS higher_living__missing,
    (CASE WHEN rain_dew__says IN ('missing', 'under') THEN rain_dew__low - person_received_now__rain_dew END) AS rain_dew__missing,
    (CASE WHEN senior_living__says IN ('missing', 'under') THEN senior_living__low - person_received_now__senior_living END) AS senior_living__missing
  FROM standing_3)
SELECT household_no,
  COALESCE(compulsory_transport_living__annual, 0) + COALESCE(higher_living__annual, 0) + COALESCE(rain_dew__annual, 0) + COALESCE(senior_living__annual, 0) AS annual,
  COALESCE(compulsory_transport_living__once, 0) + COALESCE(higher_living__once, 0) + COALESCE(rain_dew__once, 0) + COALESCE(senior_living__once, 0) AS once,
  COALESCE(compulsory_transport_living__missing, 0) + COALESCE(higher_living__missing, 0) + COALESCE(rain_dew__missing, 0) + COALESCE(senior_living__missing, 0) AS missing
FROM standing_4)
    UNION ALL (WITH person_0 AS (
  SELECT person_beside.household_no AS household_no, person_beside.present_days AS present_days, person_beside.registered__sure AS registered__sure, person_beside.schooling AS schooling, person_beside.schooling_spring AS schooling_spring, person_beside.registered__maybe AS registered__maybe, COALESCE(receipt_sums.person_received_now__higher_grant, 0) AS person_received_now__higher_grant
  FROM person_beside
  LEFT JOIN (SELECT person_no, CAST(SUM(CASE WHEN policy_id = 'higher_grant' AND year = $policy_year THEN amount ELSE 0 END) AS BIGINT) AS person_received_now__higher_grant FROM received WHERE person_no IS NOT NULL AND policy_id IN ('higher_grant') GROUP BY person_no) AS receipt_sums ON receipt_sums.person_no = person_beside.person_no),
person_1 AS (
  SELECT *,
    ((CASE WHEN ((schooling IN ('vocational_higher', 'undergraduate', 'postgraduate'))) IS TRUE THEN $autumn ELSE 0 END) | (CASE WHEN ((COALESCE(schooling_spring, schooling) IN ('vocational_higher', 'undergraduate', 'postgraduate'))) IS TRUE THEN $spring ELSE 0 END)) AS in_higher_education__sure,
    0 AS higher_grant__x,
    ((CASE WHEN ((schooling IN ('vocational_higher', 'undergraduate', 'postgraduate'))) IS NOT FALSE THEN $autumn ELSE 0 END) | (CASE WHEN ((COALESCE(schooling_spring, schooling) IN ('vocational_higher', 'undergraduate', 'postgraduate'))) IS NOT FALSE THEN $spring ELSE 0 END)) AS in_higher_education__maybe,
    NULL AS higher_grant__once,
    (($p_higher_grant_rate) IS NULL) AS higher_grant__open
  FROM person_0
  WHERE (((registered__maybe <> 0) AND ((schooling IN ('vocational_higher', 'undergraduate', 'postgraduate')) IS NOT FALSE OR (schooling_spring IN ('vocational_higher', 'undergraduate', 'postgraduate')) IS TRUE)))),
person_2 AS (
  SELECT *,
    (present_days & registered__sure & in_higher_education__sure) AS higher_grant__sure,
    (present_days & registered__maybe & in_higher_education__maybe) AS higher_grant__maybe
  FROM person_1),
person_3 AS (
  SELECT *,
    higher_grant__sure AS higher_grant__d,
    (higher_grant__maybe - higher_grant__sure) AS higher_grant__u
  FROM person_2),
person_4 AS (
  SELECT *,
    (CASE WHEN (higher_grant__d & $now) <> 0 THEN 'entitled' WHEN (higher_grant__x & $now) <> 0 THEN 'excluded' WHEN (higher_grant__u & $now) <> 0 THEN 'unknown' WHEN (higher_grant__d & $accrual_term) <> 0 THEN 'ended' WHEN (higher_grant__u & $accrual_term) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS higher_grant__verdict
  FROM person_3
  WHERE (((higher_grant__d | higher_grant__x) <> 0))),
person_5 AS (
  SELECT *,
    (CASE WHEN higher_grant__verdict = 'entitled' THEN ($p_higher_grant_rate) END) AS higher_grant__annual,
    (CASE WHEN higher_grant__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((higher_grant__d & $expected_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count((higher_grant__d & $expected_term)) AS BIGINT) * $p_higher_grant_rate) < 0 THEN -((2 * -((CAST(bit_count((higher_grant__d & $expected_term)) AS BIGINT) * $p_higher_grant_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count((higher_grant__d & $expected_term)) AS BIGINT) * $p_higher_grant_rate) + 2) // (2 * 2) END) END) END) AS higher_grant__low,
    (CASE WHEN higher_grant__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((higher_grant__d | higher_grant__u) & $accrual_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count(((higher_grant__d | higher_grant__u) & $accrual_term)) AS BIGINT) * $p_higher_grant_rate) < 0 THEN -((2 * -((CAST(bit_count(((higher_grant__d | higher_grant__u) & $accrual_term)) AS BIGINT) * $p_higher_grant_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count(((higher_grant__d | higher_grant__u) & $accrual_term)) AS BIGINT) * $p_higher_grant_rate) + 2) // (2 * 2) END) END) END) AS higher_grant__high
  FROM person_4),
person_6 AS (
  SELECT *,
    (CASE WHEN higher_grant__verdict = 'unknown' THEN CASE WHEN person_received_now__higher_grant > 1 THEN 'unverified' END WHEN higher_grant__verdict = 'not_entitled' THEN CASE WHEN person_received_now__higher_grant > 1 THEN 'unverified' END WHEN higher_grant__open THEN CASE WHEN person_received_now__higher_grant > 1 THEN 'unverified' WHEN (higher_grant__d & $expected_term) <> 0 THEN 'missing' WHEN ((higher_grant__d | higher_grant__u) & $accrual_term) <> 0 THEN 'pending' END WHEN person_received_now__higher_grant <= 1 THEN CASE WHEN higher_grant__low > 1 THEN 'missing' WHEN higher_grant__high > 1 THEN 'pending' END WHEN higher_grant__verdict = 'excluded' AND higher_grant__high <= 1 THEN 'unexplained' ELSE 'matched' END) AS higher_grant__says
  FROM person_5),
person_7 AS (
  SELECT *,
    (CASE WHEN higher_grant__says IN ('missing', 'under') THEN higher_grant__low - person_received_now__higher_grant END) AS higher_grant__missing
  FROM person_6)
SELECT household_no,
  COALESCE(higher_grant__annual, 0) AS annual,
  COALESCE(higher_grant__once, 0) AS once,
  COALESCE(higher_grant__missing, 0) AS missing
FROM person_7)
    UNION ALL (WITH person_0 AS (
  SELECT person_beside.household_no AS household_no, person_beside.present_days AS present_days, person_beside.registered__sure AS registered__sure, person_beside.schooling AS schooling, person_beside.schooling_spring AS schooling_spring, person_beside.registered__maybe AS registered__maybe, person_beside.tuition AS tuition, COALESCE(receipt_sums.person_received_now__higher_tuition, 0) AS person_received_now__higher_tuition
  FROM person_beside
  LEFT JOIN (SELECT person_no, CAST(SUM(CASE WHEN policy_id = 'higher_tuition' AND year = $policy_year THEN amount ELSE 0 END) AS BIGINT) AS person_received_now__higher_tuition FROM received WHERE person_no IS NOT NULL AND policy_id IN ('higher_tuition') GROUP BY person_no) AS receipt_sums ON receipt_sums.person_no = person_beside.person_no),
person_1 AS (
  SELECT *,
    ((CASE WHEN ((schooling IN ('vocational_higher', 'undergraduate', 'postgraduate'))) IS TRUE THEN $autumn ELSE 0 END) | (CASE WHEN ((COALESCE(schooling_spring, schooling) IN ('vocational_higher', 'undergraduate', 'postgraduate'))) IS TRUE THEN $spring ELSE 0 END)) AS in_higher_education__sure,
    0 AS higher_tuition__x,
    ((CASE WHEN ((schooling IN ('vocational_higher', 'undergraduate', 'postgraduate'))) IS NOT FALSE THEN $autumn ELSE 0 END) | (CASE WHEN ((COALESCE(schooling_spring, schooling) IN ('vocational_higher', 'undergraduate', 'postgraduate'))) IS NOT FALSE THEN $spring ELSE 0 END)) AS in_higher_education__maybe,
    NULL AS higher_tuition__once,
    (((CASE WHEN tuition IS NULL OR $p_higher_tuition_ceiling IS NULL THEN NULL ELSE LEAST(tuition, $p_higher_tuition_ceiling) END)) IS NULL) AS higher_tuition__open
  FROM person_0
  WHERE (((registered__maybe <> 0) AND ((schooling IN ('vocational_higher', 'undergraduate', 'postgraduate')) IS NOT FALSE OR (schooling_spring IN ('vocational_higher', 'undergraduate', 'postgraduate')) IS TRUE)))),
person_2 AS (
  SELECT *,
    (present_days & registered__sure & in_higher_education__sure) AS higher_tuition__sure,
    (present_days & registered__maybe & in_higher_education__maybe) AS higher_tuition__maybe
  FROM person_1),
person_3 AS (
  SELECT *,
    higher_tuition__sure AS higher_tuition__d,
    (higher_tuition__maybe - higher_tuition__sure) AS higher_tuition__u
  FROM person_2),
person_4 AS (
  SELECT *,
    (CASE WHEN (higher_tuition__d & $now) <> 0 THEN 'entitled' WHEN (higher_tuition__x & $now) <> 0 THEN 'excluded' WHEN (higher_tuition__u & $now) <> 0 THEN 'unknown' WHEN (higher_tuition__d & $accrual_term) <> 0 THEN 'ended' WHEN (higher_tuition__u & $accrual_term) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS higher_tuition__verdict
  FROM person_3
  WHERE (((higher_tuition__d | higher_tuition__x) <> 0))),
person_5 AS (
  SELECT *,
    (CASE WHEN higher_tuition__verdict = 'entitled' THEN ((CASE WHEN tuition IS NULL OR $p_higher_tuition_ceiling IS NULL THEN NULL ELSE LEAST(tuition, $p_higher_tuition_ceiling) END)) END) AS higher_tuition__annual,
    (CASE WHEN higher_tuition__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((higher_tuition__d & $expected_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count((higher_tuition__d & $expected_term)) AS BIGINT) * (CASE WHEN tuition IS NULL OR $p_higher_tuition_ceiling IS NULL THEN NULL ELSE LEAST(tuition, $p_higher_tuition_ceiling) END)) < 0 THEN -((2 * -((CAST(bit_count((higher_tuition__d & $expected_term)) AS BIGINT) * (CASE WHEN tuition IS NULL OR $p_higher_tuition_ceiling IS NULL THEN NULL ELSE LEAST(tuition, $p_higher_tuition_ceiling) END))) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count((higher_tuition__d & $expected_term)) AS BIGINT) * (CASE WHEN tuition IS NULL OR $p_higher_tuition_ceiling IS NULL THEN NULL ELSE LEAST(tuition, $p_higher_tuition_ceiling) END)) + 2) // (2 * 2) END) END) END) AS higher_tuition__low,
    (CASE WHEN higher_tuition__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((higher_tuition__d | higher_tuition__u) & $accrual_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count(((higher_tuition__d | higher_tuition__u) & $accrual_term)) AS BIGINT) * (CASE WHEN tuition IS NULL OR $p_higher_tuition_ceiling IS NULL THEN NULL ELSE LEAST(tuition, $p_higher_tuition_ceiling) END)) < 0 THEN -((2 * -((CAST(bit_count(((higher_tuition__d | higher_tuition__u) & $accrual_term)) AS BIGINT) * (CASE WHEN tuition IS NULL OR $p_higher_tuition_ceiling IS NULL THEN NULL ELSE LEAST(tuition, $p_higher_tuition_ceiling) END))) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count(((higher_tuition__d | higher_tuition__u) & $accrual_term)) AS BIGINT) * (CASE WHEN tuition IS NULL OR $p_higher_tuition_ceiling IS NULL THEN NULL ELSE LEAST(tuition, $p_higher_tuition_ceiling) END)) + 2) // (2 * 2) END) END) END) AS higher_tuition__high
  FROM person_4),
person_6 AS (
  SELECT *,
    (CASE WHEN higher_tuition__verdict = 'unknown' THEN CASE WHEN person_received_now__higher_tuition > 1 THEN 'unverified' END WHEN higher_tuition__verdict = 'not_entitled' THEN CASE WHEN person_received_now__higher_tuition > 1 THEN 'unexplained' END WHEN higher_tuition__open THEN CASE WHEN person_received_now__higher_tuition > 1 THEN 'unverified' WHEN (higher_tuition__d & $expected_term) <> 0 THEN 'missing' WHEN ((higher_tuition__d | higher_tuition__u) & $accrual_term) <> 0 THEN 'pending' END WHEN person_received_now__higher_tuition <= 1 THEN CASE WHEN higher_tuition__low > 1 THEN 'missing' WHEN higher_tuition__high > 1 THEN 'pending' END WHEN higher_tuition__verdict = 'excluded' AND higher_tuition__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__higher_tuition < higher_tuition__low - 1 THEN 'under' WHEN person_received_now__higher_tuition > higher_tuition__high + 1 THEN 'over' ELSE 'matched' END END) AS higher_tuition__says
  FROM person_5),
person_7 AS (
  SELECT *,
    (CASE WHEN higher_tuition__says IN ('missing', 'under') THEN higher_tuition__low - person_received_now__higher_tuition END) AS higher_tuition__missing
  FROM person_6)
SELECT household_no,
  COALESCE(higher_tuition__annual, 0) AS annual,
  COALESCE(higher_tuition__once, 0) AS once,
  COALESCE(higher_tuition__missing, 0) AS missing
FROM person_7)
    UNION ALL (WITH person_0 AS (
  SELECT person_beside.household_no AS household_no, person_beside.present_days AS present_days, person_beside.registered__sure AS registered__sure, person_beside.birth_date AS birth_date, person_beside.schooling AS schooling, person_beside.schooling_spring AS schooling_spring, person_beside.inclusive_kindergarten AS inclusive_kindergarten, person_beside.registered__maybe AS registered__maybe, COALESCE(receipt_sums.person_received_now__preschool_grant, 0) AS person_received_now__preschool_grant
  FROM person_beside
  LEFT JOIN (SELECT person_no, CAST(SUM(CASE WHEN policy_id = 'preschool_grant' AND year = $policy_year THEN amount ELSE 0 END) AS BIGINT) AS person_received_now__preschool_grant FROM received WHERE person_no IS NOT NULL AND policy_id IN ('preschool_grant') GROUP BY person_no) AS receipt_sums ON receipt_sums.person_no = person_beside.person_no),
person_1 AS (
  SELECT *,
    (present_days & registered__sure & ((CASE WHEN (((($school_age_day_before - birth_date + 1000000000) // 10000 - 100000) >= $p_preschool_age_from)) IS TRUE THEN $before_school_age_day ELSE 0 END) | (CASE WHEN (((($school_age_day_this - birth_date + 1000000000) // 10000 - 100000) >= $p_preschool_age_from)) IS TRUE THEN $after_school_age_day ELSE 0 END)) & ((CASE WHEN (((($school_age_day_before - birth_date + 1000000000) // 10000 - 100000) <= $p_preschool_age_until)) IS TRUE THEN $before_school_age_day ELSE 0 END) | (CASE WHEN (((($school_age_day_this - birth_date + 1000000000) // 10000 - 100000) <= $p_preschool_age_until)) IS TRUE THEN $after_school_age_day ELSE 0 END)) & ((CASE WHEN ((schooling = 'kindergarten')) IS TRUE THEN $autumn ELSE 0 END) | (CASE WHEN ((COALESCE(schooling_spring, schooling) = 'kindergarten')) IS TRUE THEN $spring ELSE 0 END)) & (CASE WHEN (inclusive_kindergarten) IS TRUE THEN $full ELSE 0 END)) AS preschool_grant__sure,
    0 AS preschool_grant__x,
    (present_days & registered__maybe & ((CASE WHEN (((($school_age_day_before - birth_date + 1000000000) // 10000 - 100000) >= $p_preschool_age_from)) IS NOT FALSE THEN $before_school_age_day ELSE 0 END) | (CASE WHEN (((($school_age_day_this - birth_date + 1000000000) // 10000 - 100000) >= $p_preschool_age_from)) IS NOT FALSE THEN $after_school_age_day ELSE 0 END)) & ((CASE WHEN (((($school_age_day_before - birth_date + 1000000000) // 10000 - 100000) <= $p_preschool_age_until)) IS NOT FALSE THEN $before_school_age_day ELSE 0 END) | (CASE WHEN (((($school_age_day_this - birth_date + 1000000000) // 10000 - 100000) <= $p_preschool_age_until)) IS NOT FALSE THEN $after_school_age_day ELSE 0 END)) & ((CASE WHEN ((schooling = 'kindergarten')) IS NOT FALSE THEN $autumn ELSE 0 END) | (CASE WHEN ((COALESCE(schooling_spring, schooling) = 'kindergarten')) IS NOT FALSE THEN $spring ELSE 0 END)) & (CASE WHEN (inclusive_kindergarten) IS NOT FALSE THEN $full ELSE 0 END)) AS preschool_grant__maybe,
    NULL AS preschool_grant__once,
    (($p_preschool_grant_rate) IS NULL) AS preschool_grant__open
  FROM person_0
  WHERE (((registered__maybe <> 0) AND (((CASE WHEN (((($school_age_day_before - birth_date + 1000000000) // 10000 - 100000) >= $p_preschool_age_from)) IS NOT FALSE THEN $before_school_age_day ELSE 0 END) | (CASE WHEN (((($school_age_day_this - birth_date + 1000000000) // 10000 - 100000) >= $p_preschool_age_from)) IS NOT FALSE THEN $after_school_age_day ELSE 0 END)) <> 0) AND (((CASE WHEN (((($school_age_day_before - birth_date + 1000000000) // 10000 - 100000) <= $p_preschool_age_until)) IS NOT FALSE THEN $before_school_age_day ELSE 0 END) | (CASE WHEN (((($school_age_day_this - birth_date + 1000000000) // 10000 - 100000) <= $p_preschool_age_until)) IS NOT FALSE THEN $after_school_age_day ELSE 0 END)) <> 0) AND (((CASE WHEN ((schooling = 'kindergarten')) IS NOT FALSE THEN $autumn ELSE 0 END) | (CASE WHEN ((COALESCE(schooling_spring, schooling) = 'kindergarten')) IS NOT FALSE THEN $spring ELSE 0 END)) <> 0) AND (inclusive_kindergarten IS NOT FALSE)))),
person_2 AS (
  SELECT *,
    preschool_grant__sure AS preschool_grant__d,
    (preschool_grant__maybe - preschool_grant__sure) AS preschool_grant__u
  FROM person_1),
person_3 AS (
  SELECT *,
    (CASE WHEN (preschool_grant__d & $now) <> 0 THEN 'entitled' WHEN (preschool_grant__x & $now) <> 0 THEN 'excluded' WHEN (preschool_grant__u & $now) <> 0 THEN 'unknown' WHEN (preschool_grant__d & $accrual_term) <> 0 THEN 'ended' WHEN (preschool_grant__u & $accrual_term) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS preschool_grant__verdict
  FROM person_2
  WHERE (((preschool_grant__d | preschool_grant__x) <> 0))),
person_4 AS (
  SELECT *,
    (CASE WHEN preschool_grant__verdict = 'entitled' THEN ($p_preschool_grant_rate) END) AS preschool_grant__annual,
    (CASE WHEN preschool_grant__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((preschool_grant__d & $expected_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count((preschool_grant__d & $expected_term)) AS BIGINT) * $p_preschool_grant_rate) < 0 THEN -((2 * -((CAST(bit_count((preschool_grant__d & $expected_term)) AS BIGINT) * $p_preschool_grant_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count((preschool_grant__d & $expected_term)) AS BIGINT) * $p_preschool_grant_rate) + 2) // (2 * 2) END) END) END) AS preschool_grant__low,
    (CASE WHEN preschool_grant__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((preschool_grant__d | preschool_grant__u) & $accrual_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count(((preschool_grant__d | preschool_grant__u) & $accrual_term)) AS BIGINT) * $p_preschool_grant_rate) < 0 THEN -((2 * -((CAST(bit_count(((preschool_grant__d | preschool_grant__u) & $accrual_term)) AS BIGINT) * $p_preschool_grant_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count(((preschool_grant__d | preschool_grant__u) & $accrual_term)) AS BIGINT) * $p_preschool_grant_rate) + 2) // (2 * 2) END) END) END) AS preschool_grant__high
  FROM person_3),
person_5 AS (
  SELECT *,
    (CASE WHEN preschool_grant__verdict = 'unknown' THEN CASE WHEN person_received_now__preschool_grant > 1 THEN 'unverified' END WHEN preschool_grant__verdict = 'not_entitled' THEN CASE WHEN person_received_now__preschool_grant > 1 THEN 'unverified' END WHEN preschool_grant__open THEN CASE WHEN person_received_now__preschool_grant > 1 THEN 'unverified' WHEN (preschool_grant__d & $expected_term) <> 0 THEN 'missing' WHEN ((preschool_grant__d | preschool_grant__u) & $accrual_term) <> 0 THEN 'pending' END WHEN person_received_now__preschool_grant <= 1 THEN CASE WHEN preschool_grant__low > 1 THEN 'missing' WHEN preschool_grant__high > 1 THEN 'pending' END WHEN preschool_grant__verdict = 'excluded' AND preschool_grant__high <= 1 THEN 'unexplained' ELSE 'matched' END) AS preschool_grant__says
  FROM person_4),
person_6 AS (
  SELECT *,
    (CASE WHEN preschool_grant__says IN ('missing', 'under') THEN preschool_grant__low - person_received_now__preschool_grant END) AS preschool_grant__missing
  FROM person_5)
SELECT household_no,
  COALESCE(preschool_grant__annual, 0) AS annual,
  COALESCE(preschool_grant__once, 0) AS once,
  COALESCE(preschool_grant__missing, 0) AS missing
FROM person_6)
    UNION ALL (WITH person_0 AS (
  SELECT person_beside.household_no AS household_no, person_beside.present_days AS present_days, person_beside.registered__sure AS registered__sure, person_beside.schooling AS schooling, person_beside.schooling_spring AS schooling_spring, person_beside.registered__maybe AS registered__maybe, COALESCE(receipt_sums.person_received_now__senior_grant, 0) AS person_received_now__senior_grant
  FROM person_beside
  LEFT JOIN (SELECT person_no, CAST(SUM(CASE WHEN policy_id = 'senior_grant' AND year = $policy_year THEN amount ELSE 0 END) AS BIGINT) AS person_received_now__senior_grant FROM received WHERE person_no IS NOT NULL AND policy_id IN ('senior_grant') GROUP BY person_no) AS receipt_sums ON receipt_sums.person_no = person_beside.person_no),
person_1 AS (
  SELECT *,
    ((CASE WHEN ((schooling IN ('senior', 'vocational_secondary'))) IS TRUE THEN $autumn ELSE 0 END) | (CASE WHEN ((COALESCE(schooling_spring, schooling) IN ('senior', 'vocational_secondary'))) IS TRUE THEN $spring ELSE 0 END)) AS in_senior_school__sure,
    0 AS senior_grant__x,
    ((CASE WHEN ((schooling IN ('senior', 'vocational_secondary'))) IS NOT FALSE THEN $autumn ELSE 0 END) | (CASE WHEN ((COALESCE(schooling_spring, schooling) IN ('senior', 'vocational_secondary'))) IS NOT FALSE THEN $spring ELSE 0 END)) AS in_senior_school__maybe,
    NULL AS senior_grant__once,
    (($p_senior_grant_rate) IS NULL) AS senior_grant__open
  FROM person_0
  WHERE (((registered__maybe <> 0) AND ((schooling IN ('senior', 'vocational_secondary')) IS NOT FALSE OR (schooling_spring IN ('senior', 'vocational_secondary')) IS TRUE)))),
person_2 AS (
  SELECT *,
    (present_days & registered__sure & in_senior_school__sure) AS senior_grant__sure,
    (present_days & registered__maybe & in_senior_school__maybe) AS senior_grant__maybe
  FROM person_1),
person_3 AS (
  SELECT *,
    senior_grant__sure AS senior_grant__d,
    (senior_grant__maybe - senior_grant__sure) AS senior_grant__u
  FROM person_2),
person_4 AS (
  SELECT *,
    (CASE WHEN (senior_grant__d & $now) <> 0 THEN 'entitled' WHEN (senior_grant__x & $now) <> 0 THEN 'excluded' WHEN (senior_grant__u & $now) <> 0 THEN 'unknown' WHEN (senior_grant__d & $accrual_term) <> 0 THEN 'ended' WHEN (senior_grant__u & $accrual_term) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS senior_grant__verdict
  FROM person_3
  WHERE (((senior_grant__d | senior_grant__x) <> 0))),
person_5 AS (
  SELECT *,
    (CASE WHEN senior_grant__verdict = 'entitled' THEN ($p_senior_grant_rate) END) AS senior_grant__annual,
    (CASE WHEN senior_grant__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((senior_grant__d & $expected_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count((senior_grant__d & $expected_term)) AS BIGINT) * $p_senior_grant_rate) < 0 THEN -((2 * -((CAST(bit_count((senior_grant__d & $expected_term)) AS BIGINT) * $p_senior_grant_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count((senior_grant__d & $expected_term)) AS BIGINT) * $p_senior_grant_rate) + 2) // (2 * 2) END) END) END) AS senior_grant__low,
    (CASE WHEN senior_grant__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((senior_grant__d | senior_grant__u) & $accrual_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count(((senior_grant__d | senior_grant__u) & $accrual_term)) AS BIGINT) * $p_senior_grant_rate) < 0 THEN -((2 * -((CAST(bit_count(((senior_grant__d | senior_grant__u) & $accrual_term)) AS BIGINT) * $p_senior_grant_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count(((senior_grant__d | senior_grant__u) & $accrual_term)) AS BIGINT) * $p_senior_grant_rate) + 2) // (2 * 2) END) END) END) AS senior_grant__high
  FROM person_4),
person_6 AS (
  SELECT *,
    (CASE WHEN senior_grant__verdict = 'unknown' THEN CASE WHEN person_received_now__senior_grant > 1 THEN 'unverified' END WHEN senior_grant__verdict = 'not_entitled' THEN CASE WHEN person_received_now__senior_grant > 1 THEN 'unverified' END WHEN senior_grant__open THEN CASE WHEN person_received_now__senior_grant > 1 THEN 'unverified' WHEN (senior_grant__d & $expected_term) <> 0 THEN 'missing' WHEN ((senior_grant__d | senior_grant__u) & $accrual_term) <> 0 THEN 'pending' END WHEN person_received_now__senior_grant <= 1 THEN CASE WHEN senior_grant__low > 1 THEN 'missing' WHEN senior_grant__high > 1 THEN 'pending' END WHEN senior_grant__verdict = 'excluded' AND senior_grant__high <= 1 THEN 'unexplained' ELSE 'matched' END) AS senior_grant__says
  FROM person_5),
person_7 AS (
  SELECT *,
    (CASE WHEN senior_grant__says IN ('missing', 'under') THEN senior_grant__low - person_received_now__senior_grant END) AS senior_grant__missing
  FROM person_6)
SELECT household_no,
  COALESCE(senior_grant__annual, 0) AS annual,
  COALESCE(senior_grant__once, 0) AS once,
  COALESCE(senior_grant__missing, 0) AS missing
FROM person_7)
    UNION ALL (WITH person_0 AS (
  SELECT person_beside.household_no AS household_no, person_beside.present_days AS present_days, person_beside.registered__sure AS registered__sure, person_beside.registered__maybe AS registered__maybe, COALESCE(ledger_policy_year.person_sum__medical_cost__policy_year, 0) AS person_sum__medical_cost__policy_year, COALESCE(ledger_policy_year.person_sum__medical_reimbursed__policy_year, 0) AS person_sum__medical_reimbursed__policy_year, COALESCE(receipt_sums.person_received_now__supplementary_insurance, 0) AS person_received_now__supplementary_insurance
  FROM person_beside
  LEFT JOIN (SELECT person_no, CAST(COALESCE(medical_cost, 0) AS BIGINT) AS person_sum__medical_cost__policy_year, CAST(COALESCE(medical_reimbursed, 0) AS BIGINT) AS person_sum__medical_reimbursed__policy_year FROM ledger_by_person WHERE year = $policy_year AND COALESCE(medical_cost, medical_reimbursed) IS NOT NULL) AS ledger_policy_year ON ledger_policy_year.person_no = person_beside.person_no
  LEFT JOIN (SELECT person_no, CAST(SUM(CASE WHEN policy_id = 'supplementary_insurance' AND year = $policy_year THEN amount ELSE 0 END) AS BIGINT) AS person_received_now__supplementary_insurance FROM received WHERE person_no IS NOT NULL AND policy_id IN ('supplementary_insurance') GROUP BY person_no) AS receipt_sums ON receipt_sums.person_no = person_beside.person_no),
person_1 AS (
  SELECT *,
    (present_days & registered__sure) AS supplementary_insurance__sure,
    0 AS supplementary_insurance__x,
    (present_days & registered__maybe) AS supplementary_insurance__maybe,
    NULL AS supplementary_insurance__once,
    (((CASE WHEN (CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)) IS NULL OR (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000) IS NULL THEN NULL ELSE LEAST((CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)), (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000)) END)) IS NULL) AS supplementary_insurance__open
  FROM person_0
  WHERE (((registered__maybe <> 0))) AND (person_sum__medical_cost__policy_year <> 0 OR person_sum__medical_reimbursed__policy_year <> 0)),
person_2 AS (
  SELECT *,
    supplementary_insurance__sure AS supplementary_insurance__d,
    (supplementary_insurance__maybe - supplementary_insurance__sure) AS supplementary_insurance__u
  FROM person_1),
person_3 AS (
  SELECT *,
    (CASE WHEN (supplementary_insurance__d & $now) <> 0 THEN 'entitled' WHEN (supplementary_insurance__x & $now) <> 0 THEN 'excluded' WHEN (supplementary_insurance__u & $now) <> 0 THEN 'unknown' WHEN ((supplementary_insurance__d & $accrual_event) <> 0 AND ((CASE WHEN (CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)) IS NULL OR (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000) IS NULL THEN NULL ELSE LEAST((CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)), (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000)) END)) > 0) THEN 'ended' WHEN ((supplementary_insurance__u & $accrual_event) <> 0 OR ((supplementary_insurance__d & $accrual_event) <> 0 AND ((CASE WHEN (CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)) IS NULL OR (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000) IS NULL THEN NULL ELSE LEAST((CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)), (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000)) END)) IS NULL)) THEN 'unknown' ELSE 'not_entitled' END) AS supplementary_insurance__verdict
  FROM person_2
  WHERE (((supplementary_insurance__d | supplementary_insurance__x) <> 0))),
person_4 AS (
  SELECT *,
    (CASE WHEN supplementary_insurance__verdict = 'entitled' THEN (CASE WHEN ((CASE WHEN (CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)) IS NULL OR (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000) IS NULL THEN NULL ELSE LEAST((CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)), (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000)) END)) < 0 THEN -((2 * -(((CASE WHEN (CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)) IS NULL OR (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000) IS NULL THEN NULL ELSE LEAST((CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)), (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000)) END))) + 10000) // (2 * 10000)) ELSE (2 * ((CASE WHEN (CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)) IS NULL OR (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000) IS NULL THEN NULL ELSE LEAST((CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)), (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000)) END)) + 10000) // (2 * 10000) END) END) AS supplementary_insurance__annual,
    (CASE WHEN supplementary_insurance__verdict IN ('entitled', 'ended') THEN (CASE WHEN ((CASE WHEN (CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)) IS NULL OR (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000) IS NULL THEN NULL ELSE LEAST((CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)), (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000)) END)) < 0 THEN -((2 * -(((CASE WHEN (CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)) IS NULL OR (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000) IS NULL THEN NULL ELSE LEAST((CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)), (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000)) END))) + 10000) // (2 * 10000)) ELSE (2 * ((CASE WHEN (CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)) IS NULL OR (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000) IS NULL THEN NULL ELSE LEAST((CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)), (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000)) END)) + 10000) // (2 * 10000) END) WHEN supplementary_insurance__verdict = 'excluded' THEN 0 END) AS supplementary_insurance__low,
    (CASE WHEN supplementary_insurance__verdict IN ('entitled', 'ended') THEN (CASE WHEN ((CASE WHEN (CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)) IS NULL OR (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000) IS NULL THEN NULL ELSE LEAST((CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)), (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000)) END)) < 0 THEN -((2 * -(((CASE WHEN (CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)) IS NULL OR (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000) IS NULL THEN NULL ELSE LEAST((CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)), (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000)) END))) + 10000) // (2 * 10000)) ELSE (2 * ((CASE WHEN (CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)) IS NULL OR (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000) IS NULL THEN NULL ELSE LEAST((CAST($p_supplementary_insurance_rate AS BIGINT) * (CASE WHEN (person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year) IS NULL OR 0 IS NULL THEN NULL ELSE GREATEST((person_sum__medical_cost__policy_year - person_sum__medical_reimbursed__policy_year), 0) END)), (CAST($p_supplementary_insurance_cap AS BIGINT) * 10000)) END)) + 10000) // (2 * 10000) END) WHEN supplementary_insurance__verdict = 'excluded' THEN 0 END) AS supplementary_insurance__high
  FROM person_3),
person_5 AS (
  SELECT *,
    (CASE WHEN supplementary_insurance__verdict = 'unknown' THEN CASE WHEN person_received_now__supplementary_insurance > 1 THEN 'unverified' END WHEN supplementary_insurance__verdict = 'not_entitled' THEN CASE WHEN person_received_now__supplementary_insurance > 1 THEN 'unexplained' END WHEN supplementary_insurance__open THEN CASE WHEN person_received_now__supplementary_insurance > 1 THEN 'unverified' WHEN TRUE THEN 'missing' WHEN TRUE THEN 'pending' END WHEN person_received_now__supplementary_insurance <= 1 THEN CASE WHEN supplementary_insurance__low > 1 THEN 'missing' WHEN supplementary_insurance__high > 1 THEN 'pending' END WHEN supplementary_insurance__verdict = 'excluded' AND supplementary_insurance__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__supplementary_insurance < supplementary_insurance__low - 1 THEN 'under' ELSE 'matched' END END) AS supplementary_insurance__says
  FROM person_4),
person_6 AS (
  SELECT *,
    (CASE WHEN supplementary_insurance__says IN ('missing', 'under') THEN supplementary_insurance__low - person_received_now__supplementary_insurance END) AS supplementary_insurance__missing
  FROM person_5)
SELECT household_no,
  COALESCE(supplementary_insurance__annual, 0) AS annual,
  COALESCE(supplementary_insurance__once, 0) AS once,
  COALESCE(supplementary_insurance__missing, 0) AS missing
FROM person_6)
    UNION ALL (WITH judged_0 AS (
  SELECT * FROM household_judged),
judged_1 AS (
  SELECT *,
    NULL AS house_rebuild__annual,
    (CASE WHEN house_rebuild__is THEN 'entitled' WHEN house_rebuild__is IS NULL THEN 'unknown' ELSE 'not_entitled' END) AS house_rebuild__verdict,
    (($p_house_rebuild_rate) IS NULL) AS house_rebuild__open
  FROM judged_0
  WHERE ((house_rebuild__is IS TRUE))),
judged_2 AS (
  SELECT *,
    (CASE WHEN house_rebuild__verdict = 'entitled' THEN ($p_house_rebuild_rate) END) AS house_rebuild__once,
    (CASE WHEN house_rebuild__verdict IN ('entitled', 'ended') THEN ($p_house_rebuild_rate) WHEN house_rebuild__verdict = 'excluded' THEN 0 END) AS house_rebuild__low,
    (CASE WHEN house_rebuild__verdict IN ('entitled', 'ended') THEN ($p_house_rebuild_rate) WHEN house_rebuild__verdict = 'excluded' THEN 0 END) AS house_rebuild__high
  FROM judged_1),
judged_3 AS (
  SELECT *,
    (CASE WHEN house_rebuild__verdict = 'unknown' THEN CASE WHEN household_received_ever__house_rebuild > 1 THEN 'unverified' END WHEN house_rebuild__verdict = 'not_entitled' THEN CASE WHEN household_received_ever__house_rebuild > 1 THEN (CASE WHEN (house_grade_before = 'D') THEN 'matched' WHEN ((house_grade_before = 'D')) IS NULL THEN 'unverified' ELSE 'unexplained' END) END WHEN house_rebuild__open THEN CASE WHEN household_received_ever__house_rebuild > 1 THEN 'unverified' WHEN TRUE THEN 'missing' WHEN TRUE THEN 'pending' END WHEN household_received_ever__house_rebuild <= 1 THEN CASE WHEN house_rebuild__low > 1 THEN 'missing' WHEN house_rebuild__high > 1 THEN 'pending' END WHEN house_rebuild__verdict = 'excluded' AND house_rebuild__high <= 1 THEN 'unexplained' ELSE 'matched' END) AS house_rebuild__says
  FROM judged_2),
judged_4 AS (
  SELECT *,
    (CASE WHEN house_rebuild__says IN ('missing', 'under') THEN house_rebuild__low - household_received_ever__house_rebuild END) AS house_rebuild__missing
  FROM judged_3)
SELECT household_no,
  COALESCE(house_rebuild__annual, 0) AS annual,
  COALESCE(house_rebuild__once, 0) AS once,
  COALESCE(house_rebuild__missing, 0) AS missing
FROM judged_4)
    UNION ALL (WITH judged_0 AS (
  SELECT * FROM household_judged),
judged_1 AS (
  SELECT *,
    NULL AS house_repair__annual,
    (CASE WHEN house_repair__is THEN 'entitled' WHEN house_repair__is IS NULL THEN 'unknown' ELSE 'not_entitled' END) AS house_repair__verdict,
    (($p_house_repair_rate) IS NULL) AS house_repair__open
  FROM judged_0
  WHERE ((house_repair__is IS TRUE))),
judged_2 AS (
  SELECT *,
    (CASE WHEN house_repair__verdict = 'entitled' THEN ($p_house_repair_rate) END) AS house_repair__once,
    (CASE WHEN house_repair__verdict IN ('entitled', 'ended') THEN ($p_house_repair_rate) WHEN house_repair__verdict = 'excluded' THEN 0 END) AS house_repair__low,
    (CASE WHEN house_repair__verdict IN ('entitled', 'ended') THEN ($p_house_repair_rate) WHEN house_repair__verdict = 'excluded' THEN 0 END) AS house_repair__high
  FROM judged_1),
judged_3 AS (
  SELECT *,
    (CASE WHEN house_repair__verdict = 'unknown' THEN CASE WHEN household_received_ever__house_repair > 1 THEN 'unverified' END WHEN house_repair__verdict = 'not_entitled' THEN CASE WHEN household_received_ever__house_repair > 1 THEN (CASE WHEN (house_grade_before = 'C') THEN 'matched' WHEN ((house_grade_before = 'C')) IS NULL THEN 'unverified' ELSE 'unexplained' END) END WHEN house_repair__open THEN CASE WHEN household_received_ever__house_repair > 1 THEN 'unverified' WHEN TRUE THEN 'missing' WHEN TRUE THEN 'pending' END WHEN household_received_ever__house_repair <= 1 THEN CASE WHEN house_repair__low > 1 THEN 'missing' WHEN house_repair__high > 1 THEN 'pending' END WHEN house_repair__verdict = 'excluded' AND house_repair__high <= 1 THEN 'unexplained' ELSE 'matched' END) AS house_repair__says
  FROM judged_2),
judged_4 AS (
  SELECT *,
    (CASE WHEN house_repair__says IN ('missing', 'under') THEN house_repair__low - household_received_ever__house_repair END) AS house_repair__missing
  FROM judged_3)
SELECT household_no,
  COALESCE(house_repair__annual, 0) AS annual,
  COALESCE(house_repair__once, 0) AS once,
  COALESCE(house_repair__missing, 0) AS missing
FROM judged_4)),
of_household AS (SELECT household_no AS of_no, CAST(SUM(annual) AS BIGINT) AS annual, CAST(SUM(once) AS BIGINT) AS once, CAST(SUM(missing) AS BIGINT) AS missing FROM money GROUP BY household_no)
SELECT household_no, household_id, of_1 AS members, wage, business, property, transfer, pension, land_loss, business_expense, net_income, net_income_per_capita, $p_poverty_line AS poverty_line, below_line, food, clothing, education, medical, housing, water, meets_entry, meets_exit, rigid_education, rigid_medical,
  COALESCE(annual, 0) AS entitled_annual, COALESCE(once, 0) AS entitled_once, COALESCE(missing, 0) AS missing_amount
FROM household_judged LEFT JOIN of_household ON of_no = household_no
