WITH household_0 AS (
  SELECT household.household_no AS household_no, household.household_id AS household_id, household.cultivated_mu AS cultivated_mu, (CASE WHEN (of_persons.flags_0 & 4) <> 0 THEN TRUE WHEN (of_persons.flags_0 & 8) <> 0 THEN NULL ELSE FALSE END) AS of_2, COALESCE(ledger_policy_year.household_sum__agricultural__income_year, 0) AS household_sum__agricultural__income_year, COALESCE(ledger_policy_year.household_sum__disability_subsidy__income_year, 0) AS household_sum__disability_subsidy__income_year, COALESCE(ledger_policy_year.household_sum__dividend__income_year, 0) AS household_sum__dividend__income_year, COALESCE(ledger_policy_year.household_sum__donation__income_year, 0) AS household_sum__donation__income_year, COALESCE(ledger_policy_year.household_sum__ecological__income_year, 0) AS household_sum__ecological__income_year, COALESCE(ledger_policy_year.household_sum__education_cost__income_year, 0) AS household_sum__education_cost__income_year, COALESCE(ledger_policy_year.household_sum__education_subsidy__income_year, 0) AS household_sum__education_subsidy__income_year, COALESCE(ledger_policy_year.household_sum__elderly_allowance__income_year, 0) AS household_sum__elderly_allowance__income_year, COALESCE(ledger_policy_year.household_sum__family_planning__income_year, 0) AS household_sum__family_planning__income_year, COALESCE(ledger_policy_year.household_sum__inputs__income_year, 0) AS household_sum__inputs__income_year, COALESCE(ledger_policy_year.household_sum__land_loss__income_year, 0) AS household_sum__land_loss__income_year, COALESCE(ledger_policy_year.household_sum__medical_aid_paid__income_year, 0) AS household_sum__medical_aid_paid__income_year, COALESCE(ledger_policy_year.household_sum__medical_cost__income_year, 0) AS household_sum__medical_cost__income_year, COALESCE(ledger_policy_year.household_sum__medical_reimbursed__income_year, 0) AS household_sum__medical_reimbursed__income_year, COALESCE(ledger_policy_year.household_sum__medical_supplementary__income_year, 0) AS household_sum__medical_supplementary__income_year, COALESCE(ledger_policy_year.household_sum__medical_waived__income_year, 0) AS household_sum__medical_waived__income_year, COALESCE(ledger_policy_year.household_sum__other_expense__income_year, 0) AS household_sum__other_expense__income_year, COALESCE(ledger_policy_year.household_sum__other_transfer__income_year, 0) AS household_sum__other_transfer__income_year, COALESCE(ledger_policy_year.household_sum__property__income_year, 0) AS household_sum__property__income_year, COALESCE(ledger_policy_year.household_sum__relief__income_year, 0) AS household_sum__relief__income_year, COALESCE(ledger_policy_year.household_sum__remittance__income_year, 0) AS household_sum__remittance__income_year, COALESCE(ledger_policy_year.household_sum__support__income_year, 0) AS household_sum__support__income_year, COALESCE(ledger_policy_year.household_sum__tax_and_fees__income_year, 0) AS household_sum__tax_and_fees__income_year, (CASE WHEN (of_persons.flags_0 & 2) <> 0 THEN NULL ELSE COALESCE(of_persons.of_1, 0) END) AS of_1, household.status AS status, household.exited_on AS exited_on, household.registered_on AS registered_on, (ledger_policy_year.household_recorded__statement__income_year IS TRUE) AS household_recorded__statement__income_year
  FROM household
  LEFT JOIN (SELECT household_no, CAST(COALESCE(dividend, 0) AS BIGINT) AS household_sum__dividend__income_year, CAST(COALESCE(education_subsidy, 0) AS BIGINT) AS household_sum__education_subsidy__income_year, CAST(COALESCE(family_planning, 0) AS BIGINT) AS household_sum__family_planning__income_year, CAST(COALESCE(disability_subsidy, 0) AS BIGINT) AS household_sum__disability_subsidy__income_year, CAST(COALESCE(elderly_allowance, 0) AS BIGINT) AS household_sum__elderly_allowance__income_year, CAST(COALESCE(ecological, 0) AS BIGINT) AS household_sum__ecological__income_year, CAST(COALESCE(agricultural, 0) AS BIGINT) AS household_sum__agricultural__income_year, CAST(COALESCE(relief, 0) AS BIGINT) AS household_sum__relief__income_year, CAST(COALESCE(medical_reimbursed, 0) AS BIGINT) AS household_sum__medical_reimbursed__income_year, CAST(COALESCE(medical_supplementary, 0) AS BIGINT) AS household_sum__medical_supplementary__income_year, CAST(COALESCE(medical_waived, 0) AS BIGINT) AS household_sum__medical_waived__income_year, CAST(COALESCE(medical_aid_paid, 0) AS BIGINT) AS household_sum__medical_aid_paid__income_year, CAST(COALESCE(rent, 0) + COALESCE(interest, 0) + COALESCE(dividend, 0) + COALESCE(expropriation, 0) + COALESCE(other_property, 0) AS BIGINT) AS household_sum__property__income_year, CAST(COALESCE(support, 0) AS BIGINT) AS household_sum__support__income_year, CAST(COALESCE(remittance, 0) AS BIGINT) AS household_sum__remittance__income_year, CAST(COALESCE(donation, 0) AS BIGINT) AS household_sum__donation__income_year, CAST(COALESCE(other_transfer, 0) AS BIGINT) AS household_sum__other_transfer__income_year, CAST(COALESCE(land_loss_insurance, 0) AS BIGINT) AS household_sum__land_loss__income_year, CAST(COALESCE(inputs, 0) AS BIGINT) AS household_sum__inputs__income_year, CAST(COALESCE(tax_and_fees, 0) AS BIGINT) AS household_sum__tax_and_fees__income_year, CAST(COALESCE(other_expense, 0) AS BIGINT) AS household_sum__other_expense__income_year, CAST(COALESCE(education_cost, 0) AS BIGINT) AS household_sum__education_cost__income_year, CAST(COALESCE(medical_cost, 0) AS BIGINT) AS household_sum__medical_cost__income_year, (COALESCE(wage_local, wage_away, wage_post, crop, livestock, other_business, rent, interest, dividend, expropriation, other_property, pension, retirement, dibao_pay, wubao_pay, education_subsidy, family_planning, disability_subsidy, elderly_allowance, ecological, agricultural, relief, support, remittance, donation, other_transfer, land_loss_insurance, inputs, living, depreciation, tax_and_fees, other_expense) IS NOT NULL) AS household_recorded__statement__income_year FROM ledger_by_household WHERE year = $policy_year AND COALESCE(dividend, education_subsidy, family_planning, disability_subsidy, elderly_allowance, ecological, agricultural, relief, medical_reimbursed, medical_supplementary, medical_waived, medical_aid_paid, rent, interest, expropriation, other_property, support, remittance, donation, other_transfer, land_loss_insurance, inputs, tax_and_fees, other_expense, education_cost, medical_cost, wage_local, wage_away, wage_post, crop, livestock, other_business, pension, retirement, dibao_pay, wubao_pay, living, depreciation) IS NOT NULL) AS ledger_policy_year ON ledger_policy_year.household_no = household.household_no
  LEFT JOIN (WITH known_0 AS (
  SELECT person.household_no AS household_no, person.birth_date AS birth_date, person.died_on AS died_on, person.left_on AS left_on, person.dibao_member AS dibao_member, person.dibao_from AS dibao_from, person.dibao_until AS dibao_until
  FROM person),
known_1 AS (
  SELECT *,
    (COALESCE(birth_date <= $as_of, TRUE) AND COALESCE(died_on > $as_of, TRUE) AND COALESCE(left_on > $as_of, TRUE)) AS member,
    (COALESCE(dibao_from <= $as_of, TRUE) AND COALESCE(dibao_until >= $as_of, TRUE)) AS dibao_now
  FROM known_0)
SELECT household_no,
  CAST(SUM(CASE WHEN (member AND TRUE) THEN 1 ELSE 0 END) AS INTEGER) AS of_1,
  BIT_OR(CAST((CASE WHEN (member AND TRUE) IS NULL THEN 2 ELSE 0 END) | (CASE WHEN (member AND (CASE WHEN dibao_member IS NULL THEN NULL WHEN dibao_now THEN dibao_member ELSE FALSE END)) THEN 4 WHEN (member AND (CASE WHEN dibao_member IS NULL THEN NULL WHEN dibao_now THEN dibao_member ELSE FALSE END)) IS NULL THEN 8 ELSE 0 END) AS BIGINT)) AS flags_0
FROM known_1
GROUP BY household_no) AS of_persons ON of_persons.household_no = household.household_no),
household_1 AS (
  SELECT *,
    of_2 AS dibao_household,
    (((status IN ('poor', 'relapsed', 'exited')) OR ((status = 'exited_no_policy') AND (NOT (exited_on IS NULL)) AND ($as_of <= exited_on))) AND ((registered_on IS NULL) OR (registered_on <= $as_of))) AS registered,
    household_recorded__statement__income_year AS settled
  FROM household_0)
SELECT household_no,
  household_id,
  cultivated_mu,
  dibao_household,
  household_sum__agricultural__income_year,
  household_sum__disability_subsidy__income_year,
  household_sum__dividend__income_year,
  household_sum__donation__income_year,
  household_sum__ecological__income_year,
  household_sum__education_cost__income_year,
  household_sum__education_subsidy__income_year,
  household_sum__elderly_allowance__income_year,
  household_sum__family_planning__income_year,
  household_sum__inputs__income_year,
  household_sum__land_loss__income_year,
  household_sum__medical_aid_paid__income_year,
  household_sum__medical_cost__income_year,
  household_sum__medical_reimbursed__income_year,
  household_sum__medical_supplementary__income_year,
  household_sum__medical_waived__income_year,
  household_sum__other_expense__income_year,
  household_sum__other_transfer__income_year,
  household_sum__property__income_year,
  household_sum__relief__income_year,
  household_sum__remittance__income_year,
  household_sum__support__income_year,
  household_sum__tax_and_fees__income_year,
  of_1,
  registered,
  settled,
  status
FROM household_1
