-- The facts of households and persons as they truly are in the made-up district, before gaps and slips: causes follow
-- from the members, welfare from cause and composition, dates from one another.

CREATE OR REPLACE TEMP TABLE household_body AS
SELECT serial, bool_or(chronic_illness OR serious_illness) AS any_ill,
    bool_or(disability_certificate) AS any_disabled,
    bool_or(serious_illness OR disability_grade IN ('1', '2')) AS any_severe,
    bool_or(schooling <> 'none') AS any_student,
    bool_or(labour IN ('ordinary', 'skilled')) AS any_able
FROM body GROUP BY serial;

CREATE OR REPLACE TEMP TABLE household_fact AS
WITH drawn AS (
    SELECT h.*, b.* EXCLUDE (serial),
        draw(h.k, 'status', 1000) AS status_draw, draw(h.k, 'entry_year', 1000) AS entry_draw,
        draw(h.k, 'exit_year', 1000) AS exit_draw, draw(h.k, 'grade', 1000) AS grade_draw,
        draw(h.k, 'cause', 1000) AS cause_draw, draw(h.k, 'welfare', 1000) AS welfare_draw
    FROM household_seed h JOIN household_body b USING (serial)
), judged AS (
    SELECT *,
        CASE WHEN status_draw < 865 THEN 'exited'
             WHEN status_draw < 945 THEN 'poor'
             WHEN status_draw < 975 THEN 'exited_no_policy'
             WHEN status_draw < 993 THEN 'none'
             ELSE 'relapsed' END AS status,
        this_year() - CASE WHEN entry_draw < 620 THEN 3
                           WHEN entry_draw < 800 THEN 2
                           WHEN entry_draw < 940 THEN 1
                           ELSE 0 END AS entry_year,
        size = 1 AND CASE head_kind WHEN 'old' THEN welfare_draw < 320
                                    WHEN 'adult' THEN any_severe AND welfare_draw < 450
                                    ELSE false END AS is_wubao
    FROM drawn
), dated AS (
    SELECT *,
        CASE WHEN status <> 'none'
             THEN make_date(entry_year, draw_from(k, 'entry_month', 4, 10), draw_from(k, 'entry_day', 1, 28))
             END AS registered_on,
        greatest(entry_year, this_year() - CASE WHEN exit_draw < 450 THEN 0 WHEN exit_draw < 850 THEN 1 ELSE 2 END)
            AS exit_year,
        NOT is_wubao AND welfare_draw >= 450
            AND welfare_draw < CASE WHEN any_severe THEN 850 WHEN NOT any_able THEN 780 ELSE 560 END AS is_dibao,
        CASE WHEN any_ill AND cause_draw < 560 THEN 'illness'
             WHEN any_disabled AND cause_draw < 800 THEN 'disability'
             WHEN NOT any_able AND cause_draw < 900 THEN 'labour'
             WHEN any_student AND cause_draw < 950 THEN 'schooling'
             WHEN NOT any_able THEN 'labour'
             ELSE pick(k, 'cause_other', ['skills', 'funds', 'skills', 'funds', 'labour', 'land', 'motivation',
                                          'transport', 'disaster', 'bereavement', 'other']) END AS main_cause
    FROM judged
)
SELECT * EXCLUDE (status_draw, entry_draw, exit_draw, grade_draw, cause_draw, welfare_draw, entry_year, exit_year),
    -- Fourteen digits whose order is the order of making, so that a sorted register needs no sorting.
    household_number(serial) AS household_id,
    CASE WHEN is_wubao THEN 'wubao' WHEN is_dibao THEN 'dibao' ELSE 'general' END AS category,
    CASE WHEN status IN ('exited', 'exited_no_policy', 'relapsed')
         THEN make_date(exit_year, draw_from(k, 'exit_month', 11, 12), draw_from(k, 'exit_day', 1, 28))
         END AS exited_on,
    CASE WHEN status IN ('poor', 'relapsed') THEN this_year() + 1
         WHEN status <> 'none' THEN exit_year END AS planned_exit_year,
    nullif(concat_ws(';',
        CASE WHEN any_ill AND main_cause <> 'illness' AND chance(k, 'also_illness', 600) THEN 'illness' END,
        CASE WHEN any_disabled AND main_cause <> 'disability' AND chance(k, 'also_disability', 450) THEN 'disability'
             WHEN NOT any_able AND main_cause <> 'labour' AND chance(k, 'also_labour', 350) THEN 'labour'
             WHEN main_cause <> 'funds' AND chance(k, 'also_funds', 100) THEN 'funds' END), '') AS other_causes,
    chance(k, 'food', 996) AS food_secure,
    chance(k, 'clothing', 997) AS clothing_secure,
    chance(k, 'water', CASE WHEN status IN ('poor', 'relapsed') THEN 965 ELSE 997 END) AS water_safe,
    chance(k, 'owned', CASE WHEN is_wubao THEN 830 ELSE 975 END) AS house_owned,
    CASE WHEN grade_draw < CASE WHEN status IN ('poor', 'relapsed') THEN 60 ELSE 4 END THEN 'D'
         WHEN grade_draw < CASE WHEN status IN ('poor', 'relapsed') THEN 150 ELSE 20 END THEN 'C'
         WHEN grade_draw < 520 THEN 'B' ELSE 'A' END AS house_grade,
    CASE WHEN grade_draw < 150 THEN NULL
         WHEN grade_draw < 225 THEN 'C'
         WHEN grade_draw < 270 THEN 'D'
         WHEN grade_draw < 420 THEN house_grade END AS house_grade_before,
    house_grade IN ('C', 'D') AS dangerous_house,
    chance(k, 'resettled', 10) AS resettled,
    -- In hundredths of a mu.
    CASE WHEN chance(k, 'landless', 90) THEN 0 ELSE size * 35 + draw(k, 'mu', 60 * size + 90) END AS cultivated_centimu,
    CASE WHEN chance(k, 'forest', 140) THEN 20 + draw(k, 'forest_mu', 400) ELSE 0 END AS forest_centimu
FROM dated;

CREATE OR REPLACE TEMP TABLE person_fact AS
WITH joined AS (
    SELECT b.*, h.is_wubao, h.is_dibao, h.size, h.status, h.registered_on, h.exited_on,
        draw(b.k, 'gone', 1000) AS gone_draw, draw(b.k, 'orphan', 1000) AS orphan_draw,
        -- A child whose parents live here is no orphan; one who lives with grandparents alone may be.
        age < 18 AND NOT (role = 'grand' AND h.mid_in_household) AND role IN ('grand', 'head') AS without_parents
    FROM body b JOIN (SELECT *, list_contains(roles, 'mid') AS mid_in_household FROM household_fact) h USING (serial)
), gone AS (
    SELECT *,
        -- Deaths and departures of the last two years stay in the file; the head's rarely, since another takes over.
        CASE WHEN gone_draw < CASE WHEN role = 'head' THEN 2
                                   WHEN age >= 75 THEN 40
                                   WHEN age >= 60 THEN 18
                                   WHEN age >= 3 THEN 3
                                   ELSE 0 END
             THEN lot_day(k, 'gone', this_year() - (gone_draw % 2)) END AS died_on,
        CASE WHEN gone_draw >= 960 AND age >= 20 AND schooling = 'none'
                  AND role IN ('mid', 'mid_spouse', 'child', 'second_child', 'sibling')
             THEN lot_day(k, 'gone', this_year() - (gone_draw % 2)) END AS left_on,
        CASE WHEN NOT without_parents OR orphan_draw >= 330 THEN 'none'
             WHEN orphan_draw < 12 THEN 'institution'
             ELSE 'community' END AS orphan_care
    FROM joined
), cared AS (
    SELECT *,
        age < 18 AND orphan_care = 'none'
            AND ((without_parents AND orphan_draw < 750) OR orphan_draw < 25) AS child_in_hardship,
        CASE WHEN NOT is_wubao OR role <> 'head' THEN 'none'
             WHEN chance(k, 'central', 250) THEN 'central'
             ELSE 'dispersed' END AS wubao_care,
        is_dibao AND (role = 'head' OR chance(k, 'dibao', 820)) AS dibao_member
    FROM gone
), spans AS (
    SELECT *,
        CASE WHEN disability_certificate
             THEN greatest(birth_date, lot_day(k, 'certified', this_year() - draw(k, 'certified_year', 10)))
             END AS disability_from,
        CASE WHEN incapacitated
             THEN greatest(birth_date, lot_month(k, 'incapacity', this_year() - draw(k, 'incapacity_year', 5)))
             END AS incapacitated_from,
        CASE WHEN wubao_care <> 'none' THEN lot_month(k, 'wubao', this_year() - draw(k, 'wubao_year', 12))
             END AS wubao_from,
        CASE WHEN dibao_member
             THEN greatest(date_trunc('month', birth_date)::DATE,
                           lot_month(k, 'dibao', this_year() - draw(k, 'dibao_year', 8))) END AS dibao_from,
        CASE WHEN orphan_care <> 'none'
             THEN greatest(birth_date, lot_month(k, 'orphan', this_year() - draw(k, 'orphan_year', 6)))
             END AS orphan_from,
        CASE WHEN child_in_hardship
             THEN greatest(birth_date, lot_month(k, 'hardship', this_year() - draw(k, 'hardship_year', 4)))
             END AS hardship_from,
        chance(k, 'dibao_ends', 30) AS dibao_ends, labour IN ('ordinary', 'skilled') AS able
    FROM cared
)
SELECT * EXCLUDE (is_wubao, is_dibao, gone_draw, orphan_draw, without_parents, dibao_ends, able),
    CASE WHEN male THEN '1' ELSE '2' END AS sex,
    least(died_on, left_on) AS gone_on,
    -- A certificate runs ten years less a day.
    (birthday(disability_from, 10) - 1)::DATE AS disability_until,
    NULL::DATE AS incapacitated_until,
    CASE WHEN wubao_care <> 'none' THEN (died_on - 1)::DATE END AS wubao_until,
    CASE WHEN dibao_member AND dibao_ends AND dibao_from < make_date(this_year(), 1, 1)
         THEN last_day(make_date(this_year(), draw_from(k, 'dibao_end', 3, 11), 1)) END AS dibao_until,
    CASE WHEN orphan_care <> 'none' THEN (birthday(birth_date, 18) - 1)::DATE END AS orphan_until,
    CASE WHEN child_in_hardship THEN (birthday(birth_date, 18) - 1)::DATE END AS hardship_until,
    CASE WHEN dibao_member THEN 13000 + 500 * draw(k, 'dibao_step', 43) END AS dibao_monthly_fen,
    schooling = 'kindergarten' AND chance(k, 'inclusive', 850) AS inclusive_kindergarten,
    chance(k, 'boarding', CASE schooling
        WHEN 'primary' THEN 25 WHEN 'junior' THEN 260 WHEN 'senior' THEN 620 WHEN 'vocational_secondary' THEN 700
        WHEN 'vocational_higher' THEN 930 WHEN 'undergraduate' THEN 960 WHEN 'postgraduate' THEN 980
        ELSE 0 END) AS boarding,
    CASE schooling
        WHEN 'none' THEN NULL
        WHEN 'kindergarten' THEN 120000 + 10000 * draw(k, 'tuition', 30)
        WHEN 'primary' THEN 0
        WHEN 'junior' THEN 0
        WHEN 'senior' THEN 160000
        WHEN 'vocational_secondary' THEN 10000 * draw(k, 'tuition', 30)
        WHEN 'vocational_higher' THEN 450000 + 10000 * draw(k, 'tuition', 20)
        WHEN 'undergraduate' THEN 400000 + 20000 * draw(k, 'tuition', 31)
        ELSE 800000 END AS tuition_fen,
    CASE WHEN school_age NOT BETWEEN 6 AND 17 OR schooling <> 'none' THEN NULL
         WHEN disability_certificate THEN 'disability'
         WHEN chronic_illness OR serious_illness THEN 'illness'
         ELSE pick(k, 'dropout', ['unwilling', 'unwilling', 'unwilling', 'other', 'poverty']) END AS dropout_reason,
    chance(k, 'aid', CASE WHEN serious_illness THEN 860 WHEN chronic_illness THEN 90 ELSE 0 END) AS medical_aid,
    CASE WHEN wubao_care <> 'none' THEN 0
         WHEN able AND chance(k, 'works', 860) THEN draw_from(k, 'work_months', 3, 12)
         WHEN labour = 'weak' AND chance(k, 'works', 300) THEN draw_from(k, 'work_months', 1, 8)
         ELSE 0 END AS work_months,
    chance(k, 'insured', 995) AS basic_medical_insured,
    chance(k, 'insured', 995) AND chance(k, 'insured_more', 997) AS serious_illness_insured,
    able AND chance(k, 'business', 25) AS starts_business,
    labour IN ('ordinary', 'skilled', 'weak') AND chance(k, 'wants_work', 260) AS wants_work,
    age BETWEEN 20 AND 30 AND schooling = 'none' AND able AND chance(k, 'graduate', 70) AS graduate_seeking_work
FROM spans;
