SELECT * FROM (WITH row_0 AS (
  SELECT receipt.household_no AS household_no, household_judged.household_id AS household_id, person.person_id AS person_id, receipt.policy_id AS row_policy_id, receipt.year AS row_year, receipt.amount AS row_amount, person.died_on AS died_on, person.left_on AS left_on, person.dibao_until AS dibao_until, person.wubao_until AS wubao_until, person.orphan_until AS orphan_until, person.hardship_until AS hardship_until, person.disability_until AS disability_until, person.incapacitated_until AS incapacitated_until, person.dibao_from AS dibao_from, person.wubao_from AS wubao_from, person.orphan_from AS orphan_from, person.hardship_from AS hardship_from, person.disability_from AS disability_from, person.incapacitated_from AS incapacitated_from, household_judged.registered_on AS registered_on, household_judged.status AS status, household_judged.exited_on AS exited_on, person.schooling AS schooling, person.birth_date AS birth_date, household_judged.house_grade_before AS house_grade_before, household_judged.house_grade AS house_grade, person.person_id AS row_person_id, person.schooling_spring AS schooling_spring
  FROM receipt JOIN household_judged ON household_judged.household_no = receipt.household_no
  LEFT JOIN (WITH person_0 AS (
  SELECT person_beside.person_no AS person_no, person_beside.person_id AS person_id, person_beside.died_on AS died_on, person_beside.left_on AS left_on, person_beside.dibao_until AS dibao_until, person_beside.wubao_until AS wubao_until, person_beside.orphan_until AS orphan_until, person_beside.hardship_until AS hardship_until, person_beside.disability_until AS disability_until, person_beside.incapacitated_until AS incapacitated_until, person_beside.dibao_from AS dibao_from, person_beside.wubao_from AS wubao_from, person_beside.orphan_from AS orphan_from, person_beside.hardship_from AS hardship_from, person_beside.disability_from AS disability_from, person_beside.incapacitated_from AS incapacitated_from, person_beside.schooling AS schooling, person_beside.birth_date AS birth_date, person_beside.schooling_spring AS schooling_spring
  FROM person_beside)
SELECT person_no,
  person_id,
  died_on,
  left_on,
  dibao_until,
  wubao_until,
  orphan_until,
  hardship_until,
  disability_until,
  incapacitated_until,
  dibao_from,
  wubao_from,
  orphan_from,
  hardship_from,
  disability_from,
  incapacitated_from,
  schooling,
  birth_date,
  schooling_spring
FROM person_0) AS person ON person.person_no = receipt.person_no)
SELECT household_no,
  household_id,
  person_id,
  row_policy_id,
  row_year,
  row_amount,
  died_on,
  left_on,
  dibao_until,
  wubao_until,
  orphan_until,
  hardship_until,
  disability_until,
  incapacitated_until,
  dibao_from,
  wubao_from,
  orphan_from,
  hardship_from,
  disability_from,
  incapacitated_from,
  registered_on,
  status,
  exited_on,
  schooling,
  birth_date,
  house_grade_before,
  house_grade,
  ((CASE WHEN (row_year > $policy_year) THEN 1 ELSE 0 END) | (CASE WHEN ((row_policy_id IN ('house_repair', 'house_rebuild')) AND (NOT (row_person_id IS NULL))) THEN 2 ELSE 0 END) | (CASE WHEN ((NOT (row_policy_id IN ('house_repair', 'house_rebuild'))) AND (row_person_id IS NULL)) THEN 4 ELSE 0 END) | (CASE WHEN ((row_amount > 0) AND (row_year > (died_on // 10000))) THEN 8 ELSE 0 END) | (CASE WHEN ((row_amount > 0) AND (row_year > (left_on // 10000))) THEN 16 ELSE 0 END) | (CASE WHEN ((row_amount > 0) AND (row_year > ((CASE WHEN (row_policy_id = 'dibao') THEN dibao_until WHEN (row_policy_id IN ('wubao_central', 'wubao_dispersed')) THEN wubao_until WHEN (row_policy_id IN ('orphan_institution', 'orphan_community')) THEN orphan_until WHEN (row_policy_id = 'child_in_hardship') THEN hardship_until WHEN (row_policy_id IN ('disability_living', 'disability_care')) THEN disability_until WHEN (row_policy_id = 'incapacity_care') THEN incapacitated_until ELSE NULL END) // 10000))) THEN 32 ELSE 0 END) | (CASE WHEN ((row_amount > 0) AND (row_year < ((CASE WHEN (row_policy_id = 'dibao') THEN dibao_from WHEN (row_policy_id IN ('wubao_central', 'wubao_dispersed')) THEN wubao_from WHEN (row_policy_id IN ('orphan_institution', 'orphan_community')) THEN orphan_from WHEN (row_policy_id = 'child_in_hardship') THEN hardship_from WHEN (row_policy_id IN ('disability_living', 'disability_care')) THEN disability_from WHEN (row_policy_id = 'incapacity_care') THEN incapacitated_from ELSE NULL END) // 10000))) THEN 64 ELSE 0 END) | (CASE WHEN ((row_amount > 0) AND (row_year < (registered_on // 10000)) AND (row_policy_id IN ('compulsory_transport_living', 'senior_living', 'higher_living', 'higher_tuition', 'rain_dew', 'supplementary_insurance'))) THEN 128 ELSE 0 END) | (CASE WHEN ((row_amount > 0) AND (status = 'exited_no_policy') AND (row_year > (exited_on // 10000)) AND (row_policy_id IN ('compulsory_transport_living', 'senior_living', 'higher_living', 'higher_tuition', 'rain_dew', 'supplementary_insurance'))) THEN 256 ELSE 0 END) | (CASE WHEN ((row_policy_id = 'rain_dew') AND (row_amount > 0) AND (row_year = $policy_year) AND (NOT (schooling IN ('vocational_secondary', 'vocational_higher'))) AND (NOT (COALESCE(schooling_spring, schooling) IN ('vocational_secondary', 'vocational_higher')))) THEN 512 ELSE 0 END) | (CASE WHEN ((row_policy_id = 'elderly_80s') AND (row_amount > 0) AND (((row_year - (birth_date // 10000)) < $p_elderly_80s_age_from) OR (((row_year - (birth_date // 10000)) - 1) > $p_elderly_80s_age_until))) THEN 1024 ELSE 0 END) | (CASE WHEN ((row_policy_id = 'elderly_90s') AND (row_amount > 0) AND (((row_year - (birth_date // 10000)) < $p_elderly_90s_age_from) OR (((row_year - (birth_date // 10000)) - 1) > $p_elderly_90s_age_until))) THEN 2048 ELSE 0 END) | (CASE WHEN ((row_policy_id = 'incapacity_care') AND (row_amount > 0) AND ((row_year - (birth_date // 10000)) < $p_incapacity_care_age_from)) THEN 4096 ELSE 0 END) | (CASE WHEN ((row_amount > 0) AND (((row_policy_id IN ('orphan_institution', 'orphan_community')) AND (((row_year - (birth_date // 10000)) - 1) >= $p_orphan_age_below)) OR ((row_policy_id = 'child_in_hardship') AND (((row_year - (birth_date // 10000)) - 1) >= $p_child_in_hardship_age_below)))) THEN 8192 ELSE 0 END) | (CASE WHEN ((row_amount > 0) AND (((row_policy_id = 'house_repair') AND (house_grade_before <> 'C')) OR ((row_policy_id = 'house_rebuild') AND (house_grade_before <> 'D')))) THEN 16384 ELSE 0 END) | (CASE WHEN ((row_amount > 0) AND (row_policy_id IN ('house_repair', 'house_rebuild')) AND (house_grade_before IS NULL) AND (house_grade IN ('A', 'B'))) THEN 32768 ELSE 0 END)) AS flags_0
FROM row_0
  WHERE (((row_year > $policy_year)) OR ((row_policy_id IN ('house_repair', 'house_rebuild'))) OR ((NOT (row_policy_id IN ('house_repair', 'house_rebuild')))) OR ((row_amount > 0)) OR ((row_amount > 0) AND (row_policy_id IN ('compulsory_transport_living', 'senior_living', 'higher_living', 'higher_tuition', 'rain_dew', 'supplementary_insurance'))) OR ((row_policy_id = 'rain_dew') AND (row_amount > 0) AND (row_year = $policy_year)) OR ((row_policy_id = 'elderly_80s') AND (row_amount > 0)) OR ((row_policy_id = 'elderly_90s') AND (row_amount > 0)) OR ((row_policy_id = 'incapacity_care') AND (row_amount > 0)) OR ((row_amount > 0) AND (row_policy_id IN ('house_repair', 'house_rebuild'))))) AS every_row WHERE (flags_0) <> 0
