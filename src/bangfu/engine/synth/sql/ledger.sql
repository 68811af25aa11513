-- The ledger in fen. What helps most households over the line in life (support of children, dividends,
-- relief) fills the gap to a drawn target at the end, so that net incomes crowd above the line with a tail below it.

CREATE OR REPLACE TEMP TABLE entry (
    serial BIGINT, slot INTEGER, k UBIGINT, year INTEGER, item ledger_item, amount BIGINT
);
INSERT INTO entry
WITH labour_pay AS (
    SELECT *, work_months * 100::BIGINT * CASE labour
        WHEN 'skilled' THEN draw_from(k, 'wage', 2200, 4200)
        WHEN 'ordinary' THEN draw_from(k, 'wage', 1200, 3000)
        ELSE draw_from(k, 'wage', 400, 1100) END AS pay
    FROM person_year WHERE work_months > 0 AND here_until > 6
), pensioner AS (
    SELECT *, month_count(greatest(here_from, month_from(birthday(birth_date, 60), year)), here_until) AS months,
        chance(k, 'retired', 4) AS retired
    FROM person_year WHERE age >= 60 AND chance(k, 'has_pension', 985)
), farm AS (
    SELECT h.*, y AS year, subkey(h.k, y) AS yk,
        cultivated_centimu > 0 AND (any_able OR chance(h.k, 'farms', 520)) AS farms
    FROM household_fact h CROSS JOIN book_year
), field AS (
    SELECT *, cultivated_centimu * draw_from(yk, 'crop', 620, 1150)::BIGINT AS crop FROM farm WHERE farms
), stock AS (
    SELECT *, draw_from(yk, 'livestock', 8, 60) * 10000::BIGINT AS livestock
    FROM farm WHERE chance(k, 'livestock', CASE WHEN farms THEN 130 ELSE 15 END)
)
SELECT serial, slot, k, year,
    CASE WHEN labour = 'weak' AND chance(k, 'post', 450) THEN 'wage_post'
         WHEN chance(k, 'away', 420) THEN 'wage_away'
         ELSE 'wage_local' END AS item,
    -- Somewhat more every year.
    CASE WHEN year = this_year() THEN pay ELSE pay * 93 // 100 // 100 * 100 END AS amount
FROM labour_pay
UNION ALL
SELECT serial, slot, k, year, CASE WHEN retired THEN 'retirement' ELSE 'pension' END,
    months * CASE WHEN retired THEN 100 * draw_from(k, 'retirement', 1500, 2600)
                  ELSE CASE WHEN year = this_year() THEN 11000 ELSE 10500 END + 100 * draw(k, 'pension', 12) END
FROM pensioner WHERE months > 0
UNION ALL
SELECT serial, CASE WHEN slot = 0 THEN NULL ELSE slot END, any_value(k), year, item, sum(amount) FROM (
    SELECT due.*, CASE
        WHEN policy_id = 'dibao' THEN 'dibao_pay'
        WHEN policy_id LIKE 'wubao%' THEN 'wubao_pay'
        WHEN policy_id LIKE 'elderly%' OR policy_id = 'incapacity_care' THEN 'elderly_allowance'
        WHEN policy_id LIKE 'disability%' THEN 'disability_subsidy'
        WHEN policy_id LIKE 'orphan%' OR policy_id = 'child_in_hardship' THEN 'other_transfer'
        WHEN policy_id = 'supplementary_insurance' THEN 'medical_supplementary'
        ELSE 'education_subsidy' END AS item
    FROM due WHERE policy_id NOT LIKE 'house%'
) GROUP BY serial, slot, year, item
UNION ALL
SELECT serial, slot, k, year, 'medical_cost', cost FROM illness_year
UNION ALL
SELECT serial, slot, k, year, 'medical_reimbursed', reimbursed FROM illness_year
UNION ALL
SELECT serial, slot, k, year, 'medical_waived', waived FROM illness_year WHERE waived > 0
UNION ALL
SELECT serial, slot, k, year, 'medical_aid_paid', (cost - reimbursed) * 12 // 100 FROM illness_year WHERE medical_aid
UNION ALL
SELECT serial, slot, k, year, 'education_cost', tuition_fen + 10000 * CASE
    WHEN schooling = 'kindergarten' THEN draw_from(k, 'school_cost', 2, 10)
    WHEN schooling IN ('primary', 'junior') THEN draw_from(k, 'school_cost', 4, 20)
    ELSE draw_from(k, 'school_cost', 20, 90) END
FROM person_year WHERE schooling <> 'none'
UNION ALL
SELECT serial, slot, k, year, 'education_aid', 10000 * draw_from(k, 'aid_amount', 5, 30)
FROM person_year WHERE schooling NOT IN ('none', 'kindergarten') AND chance(k, 'aided', 200)
UNION ALL
SELECT serial, NULL, k, year, 'crop', crop FROM field
UNION ALL
SELECT serial, NULL, k, year, 'inputs', crop * draw_from(yk, 'inputs', 28, 48) // 10000 * 100 FROM field
UNION ALL
SELECT serial, NULL, k, year, 'livestock', livestock FROM stock
UNION ALL
SELECT serial, NULL, k, year, 'other_expense', livestock * draw_from(yk, 'feed', 35, 55) // 10000 * 100 FROM stock
UNION ALL
SELECT serial, NULL, k, year, 'depreciation', draw_from(k, 'depreciation', 5, 40) * 1000::BIGINT
FROM field WHERE chance(k, 'machines', 110)
UNION ALL
SELECT serial, NULL, k, year, 'tax_and_fees', draw_from(k, 'fees', 5, 60) * 1000::BIGINT
FROM field WHERE chance(k, 'pays_fees', 12)
UNION ALL
SELECT serial, NULL, k, year, 'living', size * draw_from(yk, 'living', 20, 90) * 1000::BIGINT
FROM farm WHERE chance(k, 'counts_living', 330)
UNION ALL
SELECT serial, NULL, k, year, 'agricultural', cultivated_centimu * 125::BIGINT
FROM farm WHERE cultivated_centimu > 0 AND chance(k, 'farm_subsidy', 640)
UNION ALL
SELECT serial, NULL, k, year, 'rent', cultivated_centimu * draw_from(k, 'rent', 4, 8) * 100::BIGINT
FROM farm WHERE cultivated_centimu > 0 AND NOT farms AND chance(k, 'lets', 930)
UNION ALL
SELECT serial, NULL, k, year, 'other_business', draw_from(yk, 'shop', 30, 200) * 10000::BIGINT
FROM farm WHERE any_able AND chance(k, 'shop', 60)
UNION ALL
SELECT serial, NULL, k, year, 'dividend', draw_from(yk, 'dividend', 20, 100) * 1000::BIGINT
FROM farm WHERE status <> 'none' AND chance(k, 'shares', 420)
UNION ALL
SELECT serial, NULL, k, year, 'interest', draw_from(yk, 'interest', 300, 9000)::BIGINT
FROM farm WHERE chance(k, 'saves', 25)
UNION ALL
SELECT serial, NULL, k, year, 'expropriation', draw_from(yk, 'land_taken', 20, 150) * 10000::BIGINT
FROM farm WHERE chance(yk, 'land_taken', 5)
UNION ALL
SELECT serial, NULL, k, year, 'land_loss_insurance', draw_from(k, 'land_loss', 100, 220) * 1200::BIGINT
FROM farm WHERE head_kind = 'old' AND chance(k, 'land_lost', 18)
UNION ALL
SELECT serial, NULL, k, year, 'ecological', forest_centimu * 90::BIGINT
FROM farm WHERE forest_centimu > 0 AND chance(k, 'forest_paid', 600)
UNION ALL
SELECT serial, NULL, k, year, 'family_planning', CASE WHEN chance(k, 'two_parents', 300) THEN 192000 ELSE 96000 END
FROM farm WHERE head_kind = 'old' AND chance(k, 'planned', 70);

-- What is still lacking to the income that is aimed at, by what counts of the entries so far.
CREATE OR REPLACE TEMP TABLE balance AS
WITH netted AS (
    SELECT serial, year, sum(CASE WHEN item_group.name = 'business_expense' THEN -amount
                                  WHEN item_group.name = 'rigid' OR item = 'pension' THEN 0
                                  ELSE amount END) AS net
    FROM entry JOIN item_group USING (item) GROUP BY serial, year
), counted AS (
    SELECT serial, count(*) FILTER (gone_on IS NULL) AS members FROM person_fact GROUP BY serial
), aimed AS (
    SELECT h.serial, h.k, y AS year, subkey(h.k, y) AS yk, h.head_kind, h.status, c.members, coalesce(n.net, 0) AS net,
        CASE WHEN y = this_year() THEN 350900 ELSE 340200 END::BIGINT AS line,
        draw(subkey(h.k, y), 'aim', 1000) AS aim
    FROM household_fact h JOIN counted c USING (serial) CROSS JOIN book_year
    LEFT JOIN netted n ON n.serial = h.serial AND n.year = y
), targeted AS (
    SELECT *, members * CASE
        -- Right at the line, a fen to either side of it, or a little over: the incomes that a reviewer looks at twice.
        WHEN aim < 12 THEN line
        WHEN aim < 18 THEN line + 1
        WHEN aim < 24 THEN line - 1
        WHEN aim < 60 THEN line + draw(yk, 'just_over', 7000)
        WHEN aim < 90 OR status IN ('poor', 'relapsed') AND aim < 700 THEN line * draw_from(yk, 'below', 45, 99) // 100
        ELSE line + 100 * (40 + draw(yk, 'above_1', 85) * draw(yk, 'above_2', 85)) END AS target
    FROM aimed WHERE members > 0
)
SELECT serial, k, year, head_kind,
    -- Help comes in round sums, save where it is to hit the mark.
    CASE WHEN aim < 24 THEN target - net ELSE (target - net + 999) // 1000 * 1000 END AS gap
FROM targeted WHERE target > net;

CREATE OR REPLACE TEMP TABLE topped AS
SELECT serial, NULL::INTEGER AS slot, k, year, kind::ledger_item AS item, amount::BIGINT AS amount
FROM (
    SELECT serial, k, year, gap AS amount,
        CASE WHEN head_kind = 'old' AND gap < 1500000 AND chance(k, 'children', 720) THEN 'support'
             WHEN gap < 100000 THEN pick(k, 'small_help', ['relief', 'dividend', 'donation', 'other_transfer'])
             ELSE pick(k, 'help', ['support', 'remittance', 'other_property', 'other_transfer', 'other_business'])
             END AS kind
    FROM balance
);
