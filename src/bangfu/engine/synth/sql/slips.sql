-- What a careless hand makes of the facts: one slip at most a row, each lawful in form and wrong in sense, so that the
-- register still reads and the checks have something to find. A row gets one of the slips that fit it.

CREATE OR REPLACE TEMP TABLE household_slip AS
SELECT serial, pick(k, 'which_slip', list_filter([
    'no_head',
    CASE WHEN size > 1 THEN 'two_heads' END,
    'category',
    CASE WHEN NOT dangerous_house THEN 'dangerous' END,
    CASE WHEN exited_on IS NOT NULL THEN 'no_exit_date' END,
    CASE WHEN exited_on IS NOT NULL THEN 'exit_before_entry' END,
    CASE WHEN NOT any_student THEN 'cause' END,
    'land',
    CASE WHEN status = 'exited' THEN 'unsafe_water' END], lambda slip: slip IS NOT NULL)) AS slip
FROM household_fact WHERE chance_in_100000(k, 'slips', getvariable('error_rate'));

CREATE OR REPLACE TEMP TABLE person_slip AS
SELECT serial, slot, pick(k, 'which_slip', list_filter([
    'sex', 'check_character', 'birth_date', 'placeholder', 'number_length', 'aid_uninsured',
    CASE WHEN relation IN ('son', 'daughter', 'father', 'mother') THEN 'relation' END,
    CASE WHEN slot > 1 THEN 'shared_number' END,
    CASE WHEN labour IN ('none', 'lost') THEN 'working' END,
    CASE WHEN wubao_care <> 'none' THEN 'two_schemes' END,
    CASE WHEN age > 25 THEN 'old_pupil' WHEN age < 16 THEN 'young_student' END,
    CASE WHEN age >= 60 THEN 'no_pension' END,
    CASE WHEN disability_certificate THEN 'card_without_grade' ELSE 'grade_without_card' END,
    CASE WHEN dropout_reason IS NOT NULL THEN 'reason_unsaid' END,
    CASE WHEN slot > 2 AND age >= 18 THEN 'second_spouse' END,
    CASE WHEN age BETWEEN 18 AND 59 THEN 'able_though_severe' END], lambda slip: slip IS NOT NULL)) AS slip
FROM person_fact WHERE gone_on IS NULL AND chance_in_100000(k, 'slips', getvariable('error_rate'))
UNION ALL
-- The dead are few, so a tenth of the deaths go unnoticed where mistakes are made at all.
SELECT serial, slot, 'paid_after_death' FROM person_fact
WHERE died_on IS NOT NULL AND getvariable('error_rate') > 0 AND chance(k, 'unnoticed', 100);

CREATE OR REPLACE TEMP TABLE household_written AS
SELECT h.* EXCLUDE (roles, kind, size, head_kind, head_age, head_male, generation, mid_male, parent_male, with_in_laws,
    any_ill, any_disabled, any_severe, any_student, any_able, is_wubao, is_dibao)
    REPLACE (
    CASE WHEN slip IS DISTINCT FROM 'category' THEN category
         WHEN category = 'general' THEN 'dibao'
         ELSE 'general' END AS category,
    CASE slip WHEN 'no_exit_date' THEN NULL
              WHEN 'exit_before_entry' THEN (registered_on - 400)::DATE
              ELSE exited_on END AS exited_on,
    CASE WHEN slip = 'cause' THEN 'schooling' ELSE main_cause END AS main_cause,
    CASE WHEN slip = 'unsafe_water' THEN false ELSE water_safe END AS water_safe,
    CASE WHEN slip = 'dangerous' THEN true ELSE dangerous_house END AS dangerous_house),
    hundredth(CASE WHEN slip = 'land' THEN cultivated_centimu + 12000 ELSE cultivated_centimu END) AS cultivated_mu,
    hundredth(forest_centimu) AS forest_mu
FROM household_fact h LEFT JOIN household_slip USING (serial)
ORDER BY serial;

CREATE OR REPLACE TEMP TABLE person_number AS
WITH carded AS (
    -- Some holders of a disability card are entered under its number: the ID, category, grade, a mark where re-issued.
    SELECT serial, slot, resident_number, resident_number || CASE
        WHEN NOT disability_certificate OR NOT chance(k, 'by_card', 300) THEN ''
        ELSE disability_category || disability_grade || CASE WHEN chance(k, 'reissued', 150) THEN 'B1' ELSE '' END
        END AS id_number
    FROM person_fact
)
SELECT c.serial, c.slot, CASE s.slip
    WHEN 'check_character'
        THEN substr(c.resident_number, 1, 17) || CASE right(c.resident_number, 1) WHEN '0' THEN '1' ELSE '0' END
    WHEN 'number_length' THEN substr(c.resident_number, 1, 17)
    WHEN 'placeholder' THEN '999999' || substr(c.resident_number, 7)
    WHEN 'shared_number' THEN head.resident_number
    ELSE c.id_number END AS id_number
FROM carded c LEFT JOIN person_slip s USING (serial, slot)
LEFT JOIN carded head ON head.serial = c.serial AND head.slot = 1 AND s.slip = 'shared_number';

CREATE OR REPLACE TEMP TABLE person_line AS
WITH slipped AS (
    SELECT p.*, n.id_number, s.slip, h.slip AS household_slip
    FROM person_fact p JOIN person_number n USING (serial, slot)
    LEFT JOIN person_slip s USING (serial, slot) LEFT JOIN household_slip h USING (serial)
)
SELECT * EXCLUDE (kind, head_kind, role, age, male, school_age, resident_number, size, status, registered_on, exited_on,
    gone_on, slip, household_slip, household_surname)
    REPLACE (
    CASE WHEN slip = 'sex' THEN CASE sex WHEN '1' THEN '2' ELSE '1' END ELSE sex END AS sex,
    CASE WHEN slip = 'birth_date' THEN (birth_date - 31)::DATE
         -- Some leave the date to the number.
         WHEN slip IS NULL AND chance(k, 'date_by_number', 30) THEN NULL ELSE birth_date END AS birth_date,
    CASE WHEN household_slip = 'no_head' AND relation = 'head' THEN 'other'
         WHEN household_slip = 'two_heads' AND slot = 2 THEN 'head'
         WHEN slip = 'second_spouse' THEN 'spouse'
         WHEN slip = 'relation' THEN CASE relation WHEN 'son' THEN 'daughter' WHEN 'daughter' THEN 'son'
                                                   WHEN 'father' THEN 'mother' ELSE 'father' END
         ELSE relation END AS relation,
    CASE slip WHEN 'old_pupil' THEN 'primary' WHEN 'young_student' THEN 'undergraduate' ELSE schooling END AS schooling,
    CASE WHEN slip = 'reason_unsaid' THEN NULL ELSE dropout_reason END AS dropout_reason,
    CASE WHEN slip = 'aid_uninsured' THEN true ELSE medical_aid END AS medical_aid,
    CASE WHEN slip = 'aid_uninsured' THEN false ELSE basic_medical_insured END AS basic_medical_insured,
    CASE WHEN slip = 'card_without_grade' THEN NULL
         WHEN slip IN ('grade_without_card', 'able_though_severe') THEN '1'
         ELSE disability_grade END AS disability_grade,
    CASE WHEN slip = 'able_though_severe' THEN '4' ELSE disability_category END AS disability_category,
    CASE WHEN slip = 'able_though_severe' THEN true ELSE disability_certificate END AS disability_certificate,
    CASE WHEN slip = 'able_though_severe' THEN 'ordinary' ELSE labour END AS labour,
    CASE WHEN slip = 'working' THEN 6 ELSE work_months END AS work_months,
    CASE WHEN slip = 'two_schemes' THEN true ELSE dibao_member END AS dibao_member,
    CASE WHEN slip = 'two_schemes' THEN 30000 ELSE dibao_monthly_fen END AS dibao_monthly_fen),
    name_of(k, male, age, role, household_surname) AS name
FROM (SELECT slipped.*, subkey(getvariable('seed_key'), serial) AS household_surname FROM slipped)
ORDER BY serial, slot;

CREATE OR REPLACE TEMP VIEW person_written AS
SELECT *, household_number(serial) AS household_id, person_number(serial, slot) AS person_id,
    hundredth(dibao_monthly_fen) AS dibao_monthly, hundredth(tuition_fen) AS tuition
FROM person_line;
