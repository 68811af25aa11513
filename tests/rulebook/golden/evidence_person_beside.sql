WITH beside_0 AS (
  SELECT person.person_no AS person_no, person.household_no AS household_no, person.basic_medical_insured AS basic_medical_insured, person.birth_date AS birth_date, person.disability_certificate AS disability_certificate, person.disability_from AS disability_from, person.disability_until AS disability_until, household_judged.household_id AS household_id, person.died_on AS died_on, person.left_on AS left_on, person.person_id AS person_id, household_judged.settled AS settled
  FROM person JOIN household_judged ON household_judged.household_no = person.household_no),
beside_1 AS (
  SELECT *,
    (COALESCE(birth_date <= $as_of, TRUE) AND COALESCE(died_on > $as_of, TRUE) AND COALESCE(left_on > $as_of, TRUE)) AS member
  FROM beside_0)
SELECT person_no,
  household_no,
  basic_medical_insured,
  birth_date,
  disability_certificate,
  disability_from,
  disability_until,
  household_id,
  member,
  person_id,
  settled
FROM beside_1
