rain_dew AS (
WITH standing_0 AS (
  SELECT standing_2.household_no AS household_no, standing_2.person_no AS person_no, standing_2.household_id AS household_id, standing_2.person_id AS person_id, standing_2.rain_dew__d AS rain_dew__d, standing_2.rain_dew__x AS rain_dew__x, standing_2.rain_dew__u AS rain_dew__u, standing_2.person_received_now__rain_dew AS person_received_now__rain_dew, standing_2.compulsory_transport_living__chosen AS compulsory_transport_living__chosen, standing_2.senior_living__chosen AS senior_living__chosen, standing_2.higher_living__chosen AS higher_living__chosen, standing_2.present_days AS present_days, standing_2.registered__maybe AS registered__maybe, standing_2.registered__sure AS registered__sure, standing_2.in_vocational_education__maybe AS in_vocational_education__maybe, standing_2.in_vocational_education__sure AS in_vocational_education__sure, standing_2.rain_dew__chosen AS rain_dew__chosen, standing_2.school_support__threat AS school_support__threat, standing_2.compulsory_transport_living__unknown AS compulsory_transport_living__unknown, standing_2.senior_living__unknown AS senior_living__unknown, standing_2.higher_living__unknown AS higher_living__unknown, standing_2.candidate AS candidate
  FROM standing_2),
standing_1 AS (
  SELECT *,
    (CASE WHEN (rain_dew__d & $now) <> 0 THEN 'entitled' WHEN (rain_dew__x & $now) <> 0 THEN 'excluded' WHEN (rain_dew__u & $now) <> 0 THEN 'unknown' WHEN (rain_dew__d & $accrual_term) <> 0 THEN 'ended' WHEN (rain_dew__u & $accrual_term) <> 0 THEN 'unknown' ELSE 'not_entitled' END) AS rain_dew__verdict,
    NULL AS rain_dew__once,
    (($p_rain_dew_rate) IS NULL) AS rain_dew__open
  FROM standing_0
  WHERE (candidate OR person_received_now__rain_dew > 1) AND (((rain_dew__d | rain_dew__u | rain_dew__x) <> 0) OR person_received_now__rain_dew > 1)),
standing_2 AS (
  SELECT *,
    (CASE WHEN rain_dew__verdict = 'entitled' THEN ($p_rain_dew_rate) END) AS rain_dew__annual,
    (CASE WHEN rain_dew__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN ((rain_dew__d & $expected_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count((rain_dew__d & $expected_term)) AS BIGINT) * $p_rain_dew_rate) < 0 THEN -((2 * -((CAST(bit_count((rain_dew__d & $expected_term)) AS BIGINT) * $p_rain_dew_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count((rain_dew__d & $expected_term)) AS BIGINT) * $p_rain_dew_rate) + 2) // (2 * 2) END) END) END) AS rain_dew__low,
    (CASE WHEN rain_dew__verdict IN ('entitled', 'ended', 'excluded') THEN (CASE WHEN (((rain_dew__d | rain_dew__u) & $accrual_term)) = 0 THEN 0 ELSE (CASE WHEN (CAST(bit_count(((rain_dew__d | rain_dew__u) & $accrual_term)) AS BIGINT) * $p_rain_dew_rate) < 0 THEN -((2 * -((CAST(bit_count(((rain_dew__d | rain_dew__u) & $accrual_term)) AS BIGINT) * $p_rain_dew_rate)) + 2) // (2 * 2)) ELSE (2 * (CAST(bit_count(((rain_dew__d | rain_dew__u) & $accrual_term)) AS BIGINT) * $p_rain_dew_rate) + 2) // (2 * 2) END) END) END) AS rain_dew__high,
    (CASE WHEN rain_dew__verdict = 'excluded' THEN (CASE WHEN (compulsory_transport_living__chosen & $now) <> 0 THEN 'compulsory_transport_living' WHEN (senior_living__chosen & $now) <> 0 THEN 'senior_living' WHEN (higher_living__chosen & $now) <> 0 THEN 'higher_living' END) ELSE CONCAT_WS(';', CASE WHEN rain_dew__verdict = 'unknown' AND ((present_days - present_days) & (CASE WHEN rain_dew__verdict <> 'unknown' OR (rain_dew__u & $now) <> 0 THEN $now ELSE rain_dew__u & $accrual_term END)) <> 0 THEN 'present' WHEN rain_dew__verdict IN ('not_entitled', 'ended') AND (present_days & $now) = 0 THEN 'present' END, CASE WHEN rain_dew__verdict = 'unknown' AND ((registered__maybe - registered__sure) & (CASE WHEN rain_dew__verdict <> 'unknown' OR (rain_dew__u & $now) <> 0 THEN $now ELSE rain_dew__u & $accrual_term END)) <> 0 THEN 'registered' WHEN rain_dew__verdict IN ('not_entitled', 'ended') AND (registered__maybe & $now) = 0 THEN 'registered' END, CASE WHEN rain_dew__verdict = 'unknown' AND ((in_vocational_education__maybe - in_vocational_education__sure) & (CASE WHEN rain_dew__verdict <> 'unknown' OR (rain_dew__u & $now) <> 0 THEN $now ELSE rain_dew__u & $accrual_term END)) <> 0 THEN 'in_vocational_education' WHEN rain_dew__verdict IN ('not_entitled', 'ended') AND (in_vocational_education__maybe & $now) = 0 THEN 'in_vocational_education' END, CASE WHEN rain_dew__verdict = 'unknown' AND ((rain_dew__chosen & school_support__threat & compulsory_transport_living__unknown & (CASE WHEN rain_dew__verdict <> 'unknown' OR (rain_dew__u & $now) <> 0 THEN $now ELSE rain_dew__u & $accrual_term END)) <> 0) THEN 'compulsory_transport_living' END, CASE WHEN rain_dew__verdict = 'unknown' AND ((rain_dew__chosen & school_support__threat & senior_living__unknown & (CASE WHEN rain_dew__verdict <> 'unknown' OR (rain_dew__u & $now) <> 0 THEN $now ELSE rain_dew__u & $accrual_term END)) <> 0) THEN 'senior_living' END, CASE WHEN rain_dew__verdict = 'unknown' AND ((rain_dew__chosen & school_support__threat & higher_living__unknown & (CASE WHEN rain_dew__verdict <> 'unknown' OR (rain_dew__u & $now) <> 0 THEN $now ELSE rain_dew__u & $accrual_term END)) <> 0) THEN 'higher_living' END) END) AS rain_dew__why
  FROM standing_1
  WHERE (rain_dew__verdict <> 'not_entitled' OR person_received_now__rain_dew > 1)),
standing_3 AS (
  SELECT *,
    (CASE WHEN rain_dew__verdict = 'unknown' THEN CASE WHEN person_received_now__rain_dew > 1 THEN 'unverified' END WHEN rain_dew__verdict = 'not_entitled' THEN CASE WHEN person_received_now__rain_dew > 1 THEN 'unexplained' END WHEN rain_dew__open THEN CASE WHEN person_received_now__rain_dew > 1 THEN 'unverified' WHEN (rain_dew__d & $expected_term) <> 0 THEN 'missing' WHEN ((rain_dew__d | rain_dew__u) & $accrual_term) <> 0 THEN 'pending' END WHEN person_received_now__rain_dew <= 1 THEN CASE WHEN rain_dew__low > 1 THEN 'missing' WHEN rain_dew__high > 1 THEN 'pending' END WHEN rain_dew__verdict = 'excluded' AND rain_dew__high <= 1 THEN 'unexplained' ELSE CASE WHEN person_received_now__rain_dew < rain_dew__low - 1 THEN 'under' WHEN person_received_now__rain_dew > rain_dew__high + 1 THEN 'over' ELSE 'matched' END END) AS rain_dew__says
  FROM standing_2)
SELECT household_no,
  person_no,
  household_id,
  person_id,
  'rain_dew' AS policy_id,
  rain_dew__verdict AS verdict,
  rain_dew__annual AS annual_amount,
  rain_dew__once AS once_amount,
  rain_dew__low AS due_low,
  rain_dew__high AS due_high,
  person_received_now__rain_dew AS received,
  rain_dew__says AS reconciliation,
  rain_dew__why AS why,
  20 AS position
FROM standing_3)
