-- What each person and household should have drawn in the years of the book, from the true facts: policy, months or
-- terms, fen. Rates are those of 2017 in this place (C2.2.3). They are copied on purpose: payments that were made up from
-- the rulebook itself would agree with it even where it is wrong.

CREATE OR REPLACE TEMP TABLE hardship_year AS
-- Hardship is dibao of anybody who lives in the household, month by month.
SELECT serial, y AS year,
    bit_or(month_bits(greatest(month_from(birth_date, y), month_from(dibao_from, y)),
                      least(month_until(dibao_until, y), month_until((gone_on - 1)::DATE, y)))) AS hard_months
FROM person_fact CROSS JOIN book_year WHERE dibao_member GROUP BY serial, y;

CREATE OR REPLACE TEMP TABLE person_year AS
WITH years AS (
    SELECT p.serial, p.slot, p.k, y AS year, subkey(p.k, y) AS yk, p.age, p.school_age, p.birth_date,
        p.disability_certificate, p.disability_from, p.disability_until,
        coalesce(p.disability_grade IN ('1', '2') AND p.disability_category IN ('1', '4', '5', '6'), false)
            AS needs_care,
        p.incapacitated, p.incapacitated_from, p.wubao_care, p.wubao_from, p.dibao_monthly_fen,
        p.orphan_care, p.orphan_from, p.orphan_until, p.child_in_hardship, p.hardship_from, p.hardship_until,
        p.schooling, p.inclusive_kindergarten, p.boarding, p.tuition_fen,
        p.chronic_illness, p.serious_illness, p.medical_aid, p.labour, p.work_months,
        month_from(p.birth_date, y) AS here_from, month_until((p.gone_on - 1)::DATE, y) AS here_until,
        CASE WHEN p.status <> 'none' THEN month_from(p.registered_on, y) ELSE 13 END AS listed_from,
        CASE WHEN p.status = 'exited_no_policy' THEN month_until(p.exited_on, y) ELSE 12 END AS listed_until,
        CASE WHEN p.dibao_member AND p.wubao_care = 'none'
             THEN month_count(greatest(month_from(p.birth_date, y), month_from(p.dibao_from, y)),
                              least(month_until(p.dibao_until, y), month_until((p.gone_on - 1)::DATE, y)))
             ELSE 0 END AS dibao_months,
        CASE WHEN y = this_year() THEN p.schooling
             ELSE coalesce(p.schooling_spring, p.schooling) END AS autumn_stage,
        coalesce(p.schooling_spring, p.schooling) AS spring_stage
    FROM person_fact p CROSS JOIN book_year
), listed AS (
    SELECT *, greatest(here_from, listed_from) AS term_from, least(here_until, listed_until) AS term_until FROM years
)
SELECT listed.*, coalesce(hard_months, 0) AS hard_months,
    -- Half a year's sum for each term in which they are listed; a term counts on 1 March and 1 September.
    (3 BETWEEN term_from AND term_until)::INTEGER AS spring, (9 BETWEEN term_from AND term_until)::INTEGER AS autumn
FROM listed LEFT JOIN hardship_year USING (serial, year);

CREATE OR REPLACE TEMP TABLE illness_year AS
WITH drawn AS (
    SELECT serial, slot, k, year, medical_aid,
        CASE WHEN here_until < 1 THEN 0
             WHEN serious_illness THEN 100 * draw_from(yk, 'serious_cost', 4000, 60000)
             WHEN chronic_illness AND chance(k, 'treated', 560) THEN 10 * draw_from(yk, 'chronic_cost', 3000, 45000)
             WHEN chance(yk, 'minor', 80) THEN draw_from(yk, 'minor_cost', 8000, 90000) ELSE 0 END::BIGINT AS cost,
        CASE WHEN serious_illness THEN draw_from(yk, 'share', 52, 72) ELSE draw_from(yk, 'share', 30, 60) END AS share,
        yk
    FROM person_year
), paid AS (
    SELECT *, cost * share // 100 AS reimbursed FROM drawn WHERE cost > 0
)
SELECT *, CASE WHEN chance(yk, 'waived', 60) THEN (cost - reimbursed) // 10 ELSE 0 END AS waived FROM paid;

CREATE OR REPLACE TEMP TABLE due AS
WITH monthly AS (
    SELECT serial, slot, k, year, 'dibao' AS policy_id, dibao_months AS periods, dibao_monthly_fen::BIGINT AS rate
    FROM person_year
    UNION ALL
    SELECT serial, slot, k, year, 'wubao_' || wubao_care,
        month_count(greatest(here_from, month_from(wubao_from, year)), here_until),
        CASE wubao_care WHEN 'central' THEN 440000 ELSE 340000 END
    FROM person_year WHERE wubao_care <> 'none'
    UNION ALL
    SELECT serial, slot, k, year, 'child_in_hardship',
        month_count(greatest(here_from, month_from(hardship_from, year)),
                    least(here_until, month_until(hardship_until, year))),
        30000
    FROM person_year WHERE child_in_hardship
    UNION ALL
    SELECT serial, slot, k, year, 'orphan_' || orphan_care,
        month_count(greatest(here_from, month_from(orphan_from, year)),
                    least(here_until, month_until(orphan_until, year))),
        CASE orphan_care WHEN 'institution' THEN 120000 ELSE 72000 END
    FROM person_year WHERE orphan_care <> 'none'
    UNION ALL
    SELECT serial, slot, k, year, 'elderly_80s',
        bit_count(hard_months & month_bits(
            greatest(here_from, month_from(birthday(birth_date, 80), year)),
            least(here_until, month_until((birthday(birth_date, 90) - 1)::DATE, year)))),
        10000
    FROM person_year WHERE age BETWEEN 79 AND 91
    UNION ALL
    SELECT serial, slot, k, year, 'elderly_90s',
        bit_count(hard_months & month_bits(
            greatest(here_from, month_from(birthday(birth_date, 90), year)),
            least(here_until, month_until((birthday(birth_date, 100) - 1)::DATE, year)))),
        20000
    FROM person_year WHERE age >= 89
    UNION ALL
    -- Of the allowances that exclude one another the larger is drawn: old age before disability, care of the disabled
    -- before care of the old; wubao bars both of the disabled.
    SELECT serial, slot, k, year, 'disability_living',
        bit_count(hard_months & month_bits(
            greatest(here_from, month_from(disability_from, year)),
            least(here_until, month_until(disability_until, year),
                  month_until((birthday(birth_date, 80) - 1)::DATE, year)))),
        8000
    FROM person_year WHERE disability_certificate AND wubao_care = 'none' AND orphan_care = 'none'
    UNION ALL
    SELECT serial, slot, k, year, 'disability_care',
        month_count(greatest(here_from, month_from(disability_from, year)),
                    least(here_until, month_until(disability_until, year), month_until((wubao_from - 1)::DATE, year))),
        8000
    FROM person_year WHERE needs_care
    UNION ALL
    SELECT serial, slot, k, year, 'incapacity_care',
        bit_count(hard_months & month_bits(
            greatest(here_from, month_from(incapacitated_from, year), month_from(birthday(birth_date, 60), year)),
            least(here_until, month_until(CASE WHEN needs_care THEN (disability_from - 1)::DATE END, year)))),
        6000
    FROM person_year WHERE incapacitated
), termly AS (
    SELECT serial, slot, k, year, policy_id, sum(terms) AS periods, any_value(rate) AS rate FROM (
        SELECT p.serial, p.slot, p.k, p.year, grant_.policy_id,
            CASE WHEN term.name = 'spring' THEN spring ELSE autumn END AS terms,
            CASE grant_.policy_id WHEN 'higher_tuition' THEN least(tuition_fen, 800000)::BIGINT
                                  ELSE grant_.a_year END AS rate
        FROM person_year p CROSS JOIN (VALUES ('spring'), ('autumn')) AS term(name)
        JOIN (VALUES
            ('kindergarten', 'preschool_grant', 120000),
            ('primary', 'boarder_living', 125000), ('junior', 'boarder_living', 125000),
            ('primary', 'compulsory_transport_living', 300000), ('junior', 'compulsory_transport_living', 300000),
            ('senior', 'senior_grant', 200000), ('vocational_secondary', 'senior_grant', 200000),
            ('senior', 'senior_living', 300000),
            ('vocational_secondary', 'rain_dew', 300000),
            ('vocational_higher', 'higher_grant', 300000), ('vocational_higher', 'higher_living', 600000),
            ('vocational_higher', 'higher_tuition', 0),
            ('undergraduate', 'higher_grant', 300000), ('undergraduate', 'higher_living', 600000),
            ('undergraduate', 'higher_tuition', 0),
            ('postgraduate', 'higher_grant', 300000), ('postgraduate', 'higher_living', 600000),
            ('postgraduate', 'higher_tuition', 0)
        ) AS grant_(stage, policy_id, a_year)
        ON grant_.stage = CASE WHEN term.name = 'spring' THEN spring_stage ELSE autumn_stage END
        WHERE (grant_.policy_id <> 'boarder_living' OR boarding)
          AND (grant_.policy_id <> 'preschool_grant'
               OR inclusive_kindergarten AND school_age - (term.name = 'spring')::INTEGER BETWEEN 3 AND 5)
    ) GROUP BY serial, slot, k, year, policy_id
), yearly AS (
    SELECT serial, slot, k, year, policy_id, periods,
        CASE WHEN policy_id LIKE 'wubao%' THEN (rate * periods * 2 + 12) // 24 ELSE rate * periods END AS amount
    FROM monthly
    UNION ALL
    SELECT serial, slot, k, year, policy_id, periods, (rate * periods + 1) // 2 FROM termly
    UNION ALL
    SELECT i.serial, i.slot, i.k, i.year, 'supplementary_insurance', 1,
        least((70 * (i.cost - i.reimbursed) + 50) // 100, 1000000)
    FROM illness_year i JOIN person_year p USING (serial, slot, year)
    WHERE p.term_from <= p.term_until OR p.listed_from <= 12 AND least(p.listed_until, p.here_until) = 12
)
SELECT * FROM yearly WHERE amount > 0
UNION ALL
-- Repairs are of the last three years; a house still dangerous has had none, save a few paid in advance.
SELECT serial, 0, k, this_year() - draw(k, 'repair_year', 3),
    CASE coalesce(house_grade_before, house_grade) WHEN 'C' THEN 'house_repair' ELSE 'house_rebuild' END,
    1, CASE coalesce(house_grade_before, house_grade) WHEN 'C' THEN 1000000 ELSE 2300000 END
FROM household_fact
WHERE coalesce(house_grade_before, house_grade) IN ('C', 'D') AND status <> 'none' AND NOT resettled
  AND (house_grade_before IS NOT NULL OR chance(k, 'repair_paid', 200));
