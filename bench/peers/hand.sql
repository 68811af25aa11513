-- The `assessment` table as somebody would write it who knows the rules and DuckDB well and has one job: 31 December 2017,
-- income of 2017, every number in its place. Reads the six tables of a snapshot under their names (docs/snapshot.md).
--
-- The rules look at thirteen days: the firsts of the months (bits 0 to 11) and the day of assessment (bit 12). Whatever holds
-- from one day to another is a mask of them, so that "and" is &, a day's standing is a bit, and months are counted by bit_count.
-- A fact that may be unknown has two masks: the days on which it holds surely, and (…_may) those on which it may hold.

CREATE OR REPLACE TEMP MACRO since(day) AS  -- the days on or after; NULL of NULL
    CASE
        WHEN day <= 20170101 THEN 8191
        WHEN day > 20171231 THEN 0
        ELSE (8191 << (day // 100 % 100 - (day % 100 = 1)::INTEGER)) & 8191
    END;
CREATE OR REPLACE TEMP MACRO span(first, last) AS  -- an empty end is open
    coalesce(since(first), 8191) & ~coalesce(since(last + 1), 0);
CREATE OR REPLACE TEMP MACRO aged(birth, first, last) AS  -- full years; somebody born on 29 February has the birthday on 1 March
    since(birth + first * 10000) & ~since(birth + (last + 1) * 10000);
-- Whether a fact with a span says so on the day of assessment; unknown only where the value is.
CREATE OR REPLACE TEMP MACRO today_is(code, value, first, last) AS
    CASE WHEN value = code THEN coalesce(first <= 20171231, true) AND coalesce(last >= 20171231, true) ELSE value = code END;
-- The two term days, 1 March and 1 September, and the day of assessment, which goes with autumn.
CREATE OR REPLACE TEMP MACRO terms(spring, autumn) AS
    CASE WHEN spring THEN 4 ELSE 0 END | CASE WHEN autumn THEN 256 + 4096 ELSE 0 END;
CREATE OR REPLACE TEMP MACRO when_so(yes, mask) AS CASE WHEN yes THEN mask ELSE 0 END;
CREATE OR REPLACE TEMP MACRO today(mask) AS mask >> 12;
-- By the end of December everything has fallen due but the month of December.
CREATE OR REPLACE TEMP MACRO months(mask) AS bit_count(mask & 2047)::BIGINT;
CREATE OR REPLACE TEMP MACRO halves(mask) AS bit_count(mask & 260)::BIGINT;
-- What is surely due and was not received: with a fen of tolerance; of a mean or a ceiling, only where nothing came at all.
CREATE OR REPLACE TEMP MACRO short(due, got) AS CASE WHEN due > got + (got > 1)::INTEGER AND due > 1 THEN due - got ELSE 0 END;
CREATE OR REPLACE TEMP MACRO unpaid(due, got) AS CASE WHEN got <= 1 AND due > 1 THEN due - got ELSE 0 END;
CREATE OR REPLACE TEMP MACRO yuan(fen) AS (fen::DECIMAL(18, 0) * 0.01)::DECIMAL(18, 2);
-- Whether it holds for one of the rows, in three-valued logic.
CREATE OR REPLACE TEMP MACRO some_of(said) AS
    CASE max(CASE WHEN said THEN 2 WHEN said IS NULL THEN 1 ELSE 0 END) WHEN 2 THEN true WHEN 0 THEN false END;

CREATE OR REPLACE TEMP VIEW assessment AS
WITH here AS NOT MATERIALIZED (  -- the days on which a person is there
    SELECT *, coalesce(since(birth_date), 8191) & ~coalesce(since(least(died_on, left_on)), 0) AS here
    FROM person
),
hardship AS (  -- somebody there draws dibao
    SELECT
        household_no,
        bit_or(CASE WHEN dibao_member THEN here & span(dibao_from, dibao_until) ELSE 0 END) AS hardship,
        bit_or(CASE WHEN dibao_member THEN here & span(dibao_from, dibao_until) ELSE here END) AS hardship_may
    FROM here
    WHERE dibao_member IS DISTINCT FROM false
    GROUP BY household_no
),
home AS (
    SELECT
        household_no,
        CASE
            WHEN status IN ('poor', 'relapsed', 'exited') THEN coalesce(since(registered_on), 8191)
            WHEN status = 'exited_no_policy' AND exited_on IS NOT NULL THEN span(registered_on, exited_on)
            ELSE 0
        END AS registered
    FROM household
),
medical AS NOT MATERIALIZED (  -- what a person paid for treatment
    SELECT
        person_no,
        household_no,
        coalesce(medical_cost, 0) - coalesce(medical_reimbursed, 0) AS self_paid,
        self_paid - coalesce(medical_supplementary, 0) - coalesce(medical_waived, 0) - coalesce(medical_aid_paid, 0) AS burden
    FROM ledger_by_person
    WHERE year = 2017 AND medical_cost > 0
),
member AS (
    SELECT
        here.household_no,
        count(*) AS members,
        NOT some_of(
            (20170831 - birth_date) // 10000 BETWEEN 6 AND 18 AND schooling = 'none' AND (
                ((20170831 - birth_date) // 10000 <= 14 AND dropout_reason IN ('poverty', 'unwilling', 'other'))
                OR coalesce(dropout_reason = 'poverty', false)
            )
        ) AS education,
        NOT some_of(NOT (
            basic_medical_insured AND serious_illness_insured
            AND NOT (serious_illness AND NOT medical_aid AND coalesce(burden, 0) > 0)
        )) AS medical,
        NOT some_of(NOT today_is('central', wubao_care, wubao_from, wubao_until)) AS all_in_central_care,
        some_of(
            today_is('dispersed', wubao_care, wubao_from, wubao_until) OR today_is(true, dibao_member, dibao_from, dibao_until)
        ) AS group_by_status,
        some_of(today_is(true, disability_certificate, disability_from, disability_until)) AS family_of_the_disabled
    FROM here
    LEFT JOIN medical USING (person_no)
    WHERE today(here) = 1
    GROUP BY here.household_no
),
-- Three kinds of money for people: what follows from care, age and disability; school; treatment. Each looks only at those
-- whom it may concern, first at the days on which its conditions hold, then at what excludes what.
care_received AS (
    SELECT
        person_no,
        sum(amount) FILTER (policy_id = 'wubao_central')::BIGINT AS got_central,
        sum(amount) FILTER (policy_id = 'wubao_dispersed')::BIGINT AS got_dispersed,
        sum(amount) FILTER (policy_id = 'dibao')::BIGINT AS got_dibao,
        sum(amount) FILTER (policy_id = 'child_in_hardship')::BIGINT AS got_child,
        sum(amount) FILTER (policy_id = 'orphan_institution')::BIGINT AS got_institution,
        sum(amount) FILTER (policy_id = 'orphan_community')::BIGINT AS got_community,
        sum(amount) FILTER (policy_id = 'elderly_80s')::BIGINT AS got_80s,
        sum(amount) FILTER (policy_id = 'elderly_90s')::BIGINT AS got_90s,
        sum(amount) FILTER (policy_id = 'incapacity_care')::BIGINT AS got_incapacity,
        sum(amount) FILTER (policy_id = 'disability_living')::BIGINT AS got_living,
        sum(amount) FILTER (policy_id = 'disability_care')::BIGINT AS got_care
    FROM receipt
    WHERE year = 2017 AND person_no IS NOT NULL AND policy_id IN (
        'wubao_central', 'wubao_dispersed', 'dibao', 'child_in_hardship', 'orphan_institution', 'orphan_community',
        'elderly_80s', 'elderly_90s', 'incapacity_care', 'disability_living', 'disability_care'
    )
    GROUP BY person_no
),
care_days AS (
    SELECT
        household_no,
        when_so(wubao_care = 'central', here & span(wubao_from, wubao_until)) AS central,
        when_so(wubao_care = 'dispersed', here & span(wubao_from, wubao_until)) AS dispersed,
        when_so(wubao_care IS NULL, here) AS wubao_unsaid,
        when_so(dibao_member AND wubao_care IS NOT NULL, here & span(dibao_from, dibao_until) & ~central & ~dispersed) AS dibao,
        dibao_monthly,
        here & ~coalesce(since(birth_date + 180000), 0) AS under_18_may,
        when_so(birth_date IS NOT NULL, under_18_may) AS under_18,
        span(orphan_from, orphan_until) AS orphan_days,
        when_so(orphan_care = 'institution', under_18 & orphan_days) AS institution,
        when_so(orphan_care = 'community', under_18 & orphan_days) AS community,
        CASE
            WHEN orphan_care = 'none' THEN 0
            WHEN orphan_care IS NULL THEN under_18_may
            ELSE under_18_may & orphan_days
        END AS orphan_may,
        when_so(
            child_in_hardship AND orphan_care IS NOT NULL,
            under_18 & span(hardship_from, hardship_until) & CASE WHEN orphan_care = 'none' THEN 8191 ELSE ~orphan_days END
        ) AS child,
        here & coalesce(hardship, 0) AS hard,
        here & coalesce(hardship_may, 0) AS hard_may,
        hard & coalesce(aged(birth_date, 80, 89), 0) AS in_80s_said,
        (hard_may & coalesce(aged(birth_date, 80, 89), 8191)) & ~in_80s_said AS in_80s_open,
        hard & coalesce(aged(birth_date, 90, 99), 0) AS in_90s_said,
        (hard_may & coalesce(aged(birth_date, 90, 99), 8191)) & ~in_90s_said AS in_90s_open,
        span(incapacitated_from, incapacitated_until) AS incapacitated_days,
        when_so(incapacitated, hard & coalesce(since(birth_date + 600000), 0) & incapacitated_days) AS incapacity_said,
        hard_may & coalesce(since(birth_date + 600000), 8191)
            & CASE WHEN incapacitated THEN incapacitated_days WHEN incapacitated IS NULL THEN 8191 ELSE 0 END AS incapacity_may,
        incapacity_may & ~incapacity_said AS incapacity_open,
        when_so(disability_certificate, span(disability_from, disability_until)) AS certificate,
        CASE WHEN disability_certificate IS NULL THEN 8191 ELSE certificate END AS certificate_may,
        CASE WHEN disability_category = '7' THEN NULL ELSE disability_category IN ('1', '4', '5', '6') END
            AND disability_grade IN ('1', '2') AS severe,
        -- wubao and an orphan's allowance bar the two allowances of the disabled, or may
        hard & certificate & ~(central | dispersed | wubao_unsaid | orphan_may) AS living_due,
        hard_may & certificate_may & ~(central | dispersed | institution | community) AS living_may,
        living_may & ~living_due AS living_open,
        when_so(severe, here & certificate & ~(central | dispersed | wubao_unsaid)) AS care_due,
        when_so(severe IS DISTINCT FROM false, here & certificate_may & ~(central | dispersed)) AS care_may,
        care_may & ~care_due AS care_open,
        coalesce(COLUMNS('got_.*'), 0) AS "\0"
    FROM here
    LEFT JOIN hardship USING (household_no)
    LEFT JOIN care_received USING (person_no)
    WHERE wubao_care <> 'none' OR dibao_member OR orphan_care <> 'none' OR child_in_hardship
        OR incapacitated OR disability_certificate OR birth_date <= 19371231
),
care_standing AS (  -- one of a group: that of which alone something was received, else the larger one
    SELECT
        *,
        when_so(got_living > 1 AND got_80s <= 1, 8191) AS no_80s,
        when_so(got_living > 1 AND got_90s <= 1, 8191) AS no_90s,
        when_so(got_living <= 1, in_80s_open | in_90s_open) AS perhaps_no_living,
        when_so(got_incapacity > 1 AND got_care <= 1, 8191) AS no_care,
        when_so(got_incapacity <= 1, care_open) AS perhaps_no_incapacity,
        in_80s_said & ~(no_80s & living_may) AS in_80s,
        in_80s_open | (in_80s_said & no_80s & living_open) AS in_80s_unknown,
        in_90s_said & ~(no_90s & living_may) AS in_90s,
        in_90s_open | (in_90s_said & no_90s & living_open) AS in_90s_unknown,
        living_due & ~(in_80s_said & ~no_80s) & ~(in_90s_said & ~no_90s) & ~perhaps_no_living AS living,
        living_open | (living_due & perhaps_no_living) AS living_unknown,
        care_due & ~(no_care & incapacity_may) AS care,
        care_open | (care_due & no_care & incapacity_open) AS care_unknown,
        incapacity_said & ~(care_due & ~no_care) & ~perhaps_no_incapacity AS incapacity,
        incapacity_open | (incapacity_said & perhaps_no_incapacity) AS incapacity_unknown
    FROM care_days
),
school_received AS (
    SELECT
        person_no,
        sum(amount) FILTER (policy_id = 'preschool_grant')::BIGINT AS got_preschool,
        sum(amount) FILTER (policy_id = 'boarder_living')::BIGINT AS got_boarder,
        sum(amount) FILTER (policy_id = 'compulsory_transport_living')::BIGINT AS got_compulsory,
        sum(amount) FILTER (policy_id = 'senior_grant')::BIGINT AS got_senior_grant,
        sum(amount) FILTER (policy_id = 'senior_living')::BIGINT AS got_senior,
        sum(amount) FILTER (policy_id = 'higher_grant')::BIGINT AS got_higher_grant,
        sum(amount) FILTER (policy_id = 'higher_living')::BIGINT AS got_higher,
        sum(amount) FILTER (policy_id = 'higher_tuition')::BIGINT AS got_tuition,
        sum(amount) FILTER (policy_id = 'rain_dew')::BIGINT AS got_rain_dew
    FROM receipt
    WHERE year = 2017 AND person_no IS NOT NULL AND policy_id IN (
        'preschool_grant', 'boarder_living', 'compulsory_transport_living', 'senior_grant', 'senior_living',
        'higher_grant', 'higher_living', 'higher_tuition', 'rain_dew'
    )
    GROUP BY person_no
),
school_days AS (
    SELECT
        household_no,
        here & registered & 4356 AS attends,  -- as far as the household goes
        coalesce(schooling_spring, schooling) AS spring,
        schooling IS NULL AND today(attends) = 1 AS stage_unsaid,
        attends & terms(spring IN ('primary', 'junior'), schooling IN ('primary', 'junior')) AS compulsory,
        when_so(boarding, compulsory) AS boarder,
        attends & terms(spring IN ('senior', 'vocational_secondary'), schooling IN ('senior', 'vocational_secondary')) AS senior,
        attends & terms(
            spring IN ('vocational_higher', 'undergraduate', 'postgraduate'),
            schooling IN ('vocational_higher', 'undergraduate', 'postgraduate')
        ) AS higher,
        CASE WHEN tuition > 800000 THEN 800000 ELSE tuition END AS tuition,
        (20170831 - birth_date) // 10000 BETWEEN 3 AND 5 AS of_age,
        when_so(inclusive_kindergarten, attends & terms(
            spring = 'kindergarten' AND (20160831 - birth_date) // 10000 BETWEEN 3 AND 5, schooling = 'kindergarten' AND of_age
        )) AS preschool,
        -- one of a group: that of which alone something was received, else the larger one
        when_so(
            coalesce(got_senior, 0) <= 1 OR got_rain_dew > 1,
            attends & terms(spring = 'vocational_secondary', schooling = 'vocational_secondary')
        ) | when_so(
            got_rain_dew > 1 AND coalesce(got_higher, 0) <= 1,
            attends & terms(spring = 'vocational_higher', schooling = 'vocational_higher')
        ) AS rain_dew,
        senior & ~rain_dew AS senior_living,
        higher & ~rain_dew AS higher_living,
        coalesce(COLUMNS('got_.*'), 0) AS "\0"
    FROM here
    JOIN home USING (household_no)
    LEFT JOIN school_received USING (person_no)
    WHERE registered > 0 AND (schooling <> 'none' OR schooling_spring <> 'none')
),
treatment AS (
    SELECT
        medical.household_no,
        here & registered AS insured,
        least((self_paid * 7 + 5) // 10, 1000000) AS due,  -- 70 %, rounded half up
        coalesce(got, 0) AS got
    FROM medical
    JOIN here USING (person_no)
    JOIN home ON home.household_no = medical.household_no
    LEFT JOIN (
        SELECT person_no, sum(amount)::BIGINT AS got
        FROM receipt
        WHERE year = 2017 AND policy_id = 'supplementary_insurance' AND person_no IS NOT NULL
        GROUP BY person_no
    ) USING (person_no)
    WHERE self_paid > 0 AND here & registered > 0
),
money AS (
    SELECT household_no, sum(annual)::BIGINT AS annual, sum(missing)::BIGINT AS missing
    FROM (
        SELECT
            household_no,
            today(central) * 440000
                + today(dispersed) * 340000
                + today(dibao) * coalesce(12 * dibao_monthly, 0)
                + today(child) * 360000
                + today(institution) * 1440000
                + today(community) * 864000
                + today(in_80s) * 120000
                + today(in_90s) * 240000
                + today(incapacity) * 72000
                + today(living) * 96000
                + today(care) * 96000 AS annual,
            short((months(central) * 440000 * 2 + 12) // 24, got_central)
                + short((months(dispersed) * 340000 * 2 + 12) // 24, got_dispersed)
                + short(coalesce(months(dibao) * dibao_monthly, 0), got_dibao)
                + short(months(child) * 30000, got_child)
                + short(months(institution) * 120000, got_institution)
                + short(months(community) * 72000, got_community)
                + when_so(today(in_80s_unknown) = 0, short(months(in_80s) * 10000, got_80s))
                + when_so(today(in_90s_unknown) = 0, short(months(in_90s) * 20000, got_90s))
                + when_so(today(incapacity_unknown) = 0, short(months(incapacity) * 6000, got_incapacity))
                + when_so(today(living_unknown) = 0, short(months(living) * 8000, got_living))
                + when_so(today(care_unknown) = 0, short(months(care) * 8000, got_care)) AS missing
        FROM care_standing
        UNION ALL
        SELECT
            household_no,
            today(preschool) * 120000
                + today(boarder) * 125000
                + today(compulsory) * 300000
                + today(senior) * 200000
                + today(senior_living) * 300000
                + today(higher) * (300000 + coalesce(tuition, 0))
                + today(higher_living) * 600000
                + today(rain_dew) * 300000,
            when_so(NOT (stage_unsaid AND of_age), unpaid(halves(preschool) * 60000, got_preschool))
                + when_so(
                    NOT stage_unsaid,
                    unpaid(halves(boarder) * 62500, got_boarder)
                    + short(halves(compulsory) * 150000, got_compulsory)
                    + unpaid(halves(senior) * 100000, got_senior_grant)
                    + short(halves(senior_living) * 150000, got_senior)
                    + unpaid(halves(higher) * 150000, got_higher_grant)
                    + short(halves(higher_living) * 300000, got_higher)
                    + short(coalesce((halves(higher) * tuition + 1) // 2, 0), got_tuition)
                    + short(halves(rain_dew) * 150000, got_rain_dew)
                )
        FROM school_days
        UNION ALL
        SELECT household_no, today(insured) * due, short(due, got) FROM treatment
    )
    GROUP BY household_no
),
income AS (
    SELECT
        household_no,
        coalesce(wage_local, 0) + coalesce(wage_away, 0) + coalesce(wage_post, 0) AS wage,
        coalesce(crop, 0) + coalesce(livestock, 0) + coalesce(other_business, 0) AS business,
        coalesce(rent, 0) + coalesce(interest, 0) + coalesce(dividend, 0) + coalesce(expropriation, 0) + coalesce(other_property, 0) AS property,
        coalesce(retirement, 0) + coalesce(dibao_pay, 0) + coalesce(wubao_pay, 0) + coalesce(education_subsidy, 0)
            + coalesce(family_planning, 0) + coalesce(disability_subsidy, 0) + coalesce(elderly_allowance, 0)
            + coalesce(ecological, 0) + coalesce(agricultural, 0) + coalesce(relief, 0) + coalesce(support, 0)
            + coalesce(remittance, 0) + coalesce(donation, 0) + coalesce(other_transfer, 0) AS transfer,
        coalesce(pension, 0) AS pension,
        coalesce(land_loss_insurance, 0) AS land_loss,
        coalesce(inputs, 0) + coalesce(living, 0) + coalesce(depreciation, 0) + coalesce(tax_and_fees, 0)
            + coalesce(other_expense, 0) AS business_expense,
        wage + business + property + transfer + land_loss - business_expense AS net_income,
        coalesce(education_cost, 0) - coalesce(education_aid, 0) AS rigid_education,
        coalesce(medical_cost, 0) - coalesce(medical_reimbursed, 0) - coalesce(medical_supplementary, 0)
            - coalesce(medical_waived, 0) - coalesce(medical_aid_paid, 0) AS rigid_medical
    FROM ledger_by_household
    -- a year with rigid expenditure alone is not settled
    WHERE year = 2017 AND coalesce(
        wage_local, wage_away, wage_post, crop, livestock, other_business, rent, interest, dividend, expropriation, other_property,
        pension, retirement, dibao_pay, wubao_pay, education_subsidy, family_planning, disability_subsidy, elderly_allowance,
        ecological, agricultural, relief, support, remittance, donation, other_transfer, land_loss_insurance,
        inputs, living, depreciation, tax_and_fees, other_expense
    ) IS NOT NULL
),
housing_aid AS (
    SELECT
        household_no,
        sum(amount) FILTER (policy_id = 'house_repair')::BIGINT AS got_repair,
        sum(amount) FILTER (policy_id = 'house_rebuild')::BIGINT AS got_rebuild
    FROM receipt
    WHERE year <= 2017 AND policy_id IN ('house_repair', 'house_rebuild')
    GROUP BY household_no
),
judged AS (
    SELECT
        household_no,
        household_id,
        coalesce(members, 0) AS members,
        income.* EXCLUDE (household_no),
        CASE
            WHEN members > 0 AND net_income >= 0 THEN (2 * net_income + members) // (2 * members)
            WHEN members > 0 THEN -((-2 * net_income + members) // (2 * members))
        END AS net_income_per_capita,
        CASE WHEN members > 0 THEN net_income < 340200 * members END AS below_line,
        CASE WHEN members > 0 THEN net_income > 340200 * members END AS above_line,
        food_secure AS food,
        clothing_secure AS clothing,
        CASE WHEN members > 0 THEN education END AS education,
        CASE WHEN members > 0 THEN medical END AS medical,
        (house_owned AND CASE WHEN house_grade IS NULL THEN NOT dangerous_house ELSE house_grade IN ('A', 'B') END)
            OR (coalesce(members, 0) > 0 AND all_in_central_care) AS housing,
        water_safe AS water,
        coalesce(annual, 0) AS entitled_annual,
        -- once, for the house: to be repaired or rebuilt
        CASE
            WHEN members > 0 AND NOT resettled AND (today(registered) = 1 OR group_by_status OR (family_of_the_disabled AND below_line))
            THEN CASE house_grade WHEN 'C' THEN 1000000 WHEN 'D' THEN 2300000 ELSE 0 END
            ELSE 0
        END AS entitled_once,
        coalesce(missing, 0)
            + unpaid(entitled_once, coalesce(CASE house_grade WHEN 'C' THEN got_repair ELSE got_rebuild END, 0)) AS missing_amount
    FROM household
    JOIN home USING (household_no)
    LEFT JOIN member USING (household_no)
    LEFT JOIN money USING (household_no)
    LEFT JOIN income USING (household_no)
    LEFT JOIN housing_aid USING (household_no)
)
SELECT
    household_id,
    members::INTEGER AS members,
    yuan(wage) AS wage,
    yuan(business) AS business,
    yuan(property) AS property,
    yuan(transfer) AS transfer,
    yuan(pension) AS pension,
    yuan(land_loss) AS land_loss,
    yuan(business_expense) AS business_expense,
    yuan(net_income) AS net_income,
    yuan(net_income_per_capita) AS net_income_per_capita,
    3402.00::DECIMAL(18, 2) AS poverty_line,
    below_line,
    food,
    clothing,
    education,
    medical,
    housing,
    water,
    below_line AND NOT (food AND clothing AND education AND medical AND housing) AS meets_entry,
    above_line AND food AND clothing AND education AND medical AND housing AND water AS meets_exit,
    yuan(rigid_education) AS rigid_education,
    yuan(rigid_medical) AS rigid_medical,
    yuan(entitled_annual) AS entitled_annual,
    yuan(entitled_once) AS entitled_once,
    yuan(missing_amount) AS missing_amount
FROM judged;
