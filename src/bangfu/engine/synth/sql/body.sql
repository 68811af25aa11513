-- The households of one chunk and the bodies in them: place, composition, sex, birth, health, schooling and labour.
-- `serial` numbers households over the whole register; `k` is the key that all draws of a row start from.

CREATE OR REPLACE TEMP TABLE household_seed AS
WITH keyed AS (
    SELECT serial, subkey(getvariable('seed_key'), serial) AS k
    FROM range(getvariable('chunk_from'), getvariable('chunk_until')) AS r(serial)
), placed AS (
    SELECT keyed.*, village.code AS village_code
    FROM keyed ASOF JOIN village ON keyed.serial >= village.starts_at
), kinded AS (
    SELECT *, CASE WHEN draw(k, 'kind', 1000000) < getvariable('small_share') THEN 'small' ELSE 'large' END AS kind,
        draw(k, 'size', 1000) AS size_draw, draw(k, 'composition', 1000) AS composition_draw
    FROM placed
), sized AS (
    SELECT kinded.*, size_share.size FROM kinded ASOF JOIN size_share
    ON kinded.kind = size_share.kind AND kinded.size_draw < size_share.upto
)
SELECT sized.serial, sized.k, sized.kind, sized.village_code, sized.size,
    composition.roles, composition.head AS head_kind,
    CASE composition.head
        WHEN 'old' THEN 60 + least(draw(k, 'head_old_1', 34), draw(k, 'head_old_2', 34))
        WHEN 'adult' THEN draw_from(k, 'head_adult', 30, 58)
        ELSE draw_from(k, 'head_child', 13, 17) END AS head_age,
    CASE WHEN list_contains(composition.roles, 'spouse') THEN chance(k, 'head_male', 920)
         WHEN composition.head = 'old' THEN chance(k, 'head_male', 570)
         ELSE chance(k, 'head_male', 720) END AS head_male,
    draw_from(k, 'generation', 22, 33) AS generation,
    chance(k, 'mid_male', 740) AS mid_male,
    chance(k, 'parent_male', 280) AS parent_male,
    chance(k, 'with_in_laws', 500) AS with_in_laws
FROM sized ASOF JOIN composition
ON sized.kind = composition.kind AND sized.size = composition.size AND sized.composition_draw < composition.upto;

-- Ages come from the head's, so that nobody is older than their parent.
CREATE OR REPLACE TEMP TABLE body_age AS
WITH members AS (
    SELECT h.serial, h.k AS household_k, h.kind, h.village_code, h.head_kind, h.head_age, h.head_male, h.mid_male,
        h.parent_male, h.with_in_laws, greatest(20, h.head_age - h.generation) AS mid_age,
        list_contains(h.roles, 'mid') AS has_mid,
        -- The youngest child's age; 26 years below the parent leave room for older brothers and sisters.
        CASE WHEN h.head_kind = 'adult' THEN CASE WHEN h.head_age > 50 THEN draw_from(h.k, 'youngest', 8, 20)
                                                  ELSE greatest(0, h.head_age - draw_from(h.k, 'youngest', 26, 36)) END
             WHEN h.head_age - h.generation > 48 OR NOT list_contains(h.roles, 'mid') THEN draw_from(h.k, 'youngest',
                 3, 18)
             ELSE greatest(0, h.head_age - h.generation - draw_from(h.k, 'youngest', 26, 34)) END AS youngest,
        unnest(h.roles) AS role, generate_subscripts(h.roles, 1) AS slot
    FROM household_seed h
), keyed AS (
    SELECT *, subkey(household_k, slot) AS k FROM members
), aged AS (
    SELECT *,
        CASE role
            WHEN 'head' THEN head_age
            WHEN 'spouse' THEN greatest(24, head_age - draw_from(k, 'younger', -2, 4))
            WHEN 'mid' THEN mid_age
            WHEN 'mid_spouse' THEN greatest(20, mid_age - draw_from(k, 'younger', -1, 4))
            WHEN 'grand' THEN youngest
            WHEN 'child' THEN youngest
            WHEN 'second_grand' THEN youngest + draw_from(k, 'older', 2, 4)
            WHEN 'second_child' THEN youngest + draw_from(k, 'older', 2, 4)
            WHEN 'third_child' THEN youngest + draw_from(k, 'older', 5, 7)
            WHEN 'sibling' THEN greatest(55, head_age - draw_from(k, 'younger', -6, 12))
            ELSE least(97, head_age + draw_from(k, 'gap', 22, 31)) END AS age,
        CASE role
            WHEN 'head' THEN head_male
            WHEN 'spouse' THEN NOT head_male
            WHEN 'mid' THEN mid_male
            WHEN 'mid_spouse' THEN NOT mid_male
            WHEN 'parent' THEN parent_male
            WHEN 'parent2' THEN NOT parent_male
            ELSE chance(k, 'male', 530) END AS male
    FROM keyed
)
SELECT * EXCLUDE (has_mid, youngest, mid_age, household_k),
    CASE replace(replace(role, 'second_', ''), 'third_', '')
        WHEN 'head' THEN 'head'
        WHEN 'spouse' THEN 'spouse'
        WHEN 'child' THEN CASE WHEN male THEN 'son' ELSE 'daughter' END
        WHEN 'mid' THEN CASE WHEN male THEN 'son' ELSE 'daughter' END
        WHEN 'mid_spouse' THEN CASE WHEN male THEN 'son_in_law' ELSE 'daughter_in_law' END
        WHEN 'grand' THEN CASE WHEN mid_male AND male THEN 'grandson' WHEN mid_male THEN 'granddaughter'
                               WHEN male THEN 'maternal_grandson' ELSE 'maternal_granddaughter' END
        WHEN 'sibling' THEN 'sibling'
        ELSE CASE WHEN NOT head_male AND with_in_laws
                  THEN CASE WHEN male THEN 'husbands_father' ELSE 'husbands_mother' END
                  WHEN male THEN 'father' ELSE 'mother' END END AS relation
FROM aged;

-- Birthday and the three serial digits of the ID number come from one scrambled place number, a bijection on 2^17:
-- within a block of 16,384 households of one county no two persons get the same number, whatever their years of birth.
CREATE OR REPLACE TEMP TABLE body AS
WITH placed AS (
    SELECT *, ((serial % 16384) * 8 + slot - 1 + draw(getvariable('seed_key'), 'block', 131072)) % 131072 AS place
        FROM body_age
), once AS (
    SELECT * REPLACE (xor(place, place >> 8) * 92821 % 131072 AS place) FROM placed
), twice AS (
    SELECT * REPLACE (xor(place, place >> 9) * 40503 % 131072 AS place) FROM once
), born AS (
    SELECT * EXCLUDE (place), xor(place, place >> 7) // 365 AS number_serial,
        make_date(this_year() - age, 1, 1) + (xor(place, place >> 7) % 365)::INTEGER AS birth_date
    FROM twice
), numbered AS (
    SELECT *, substr(village_code, 1, 6)::BIGINT * 100000000000
        + (year(birth_date) * 10000 + month(birth_date) * 100 + day(birth_date)) * 1000
        + number_serial * 2 + male::INTEGER AS number,
        age - (month(birth_date) >= 9)::INTEGER AS school_age,
        draw(k, 'health', 1000) AS health_draw, draw(k, 'stage', 1000) AS stage_draw,
            draw(k, 'labour', 1000) AS labour_draw,
        draw(k, 'category', 100) AS category_draw, draw(k, 'grade', 100) AS grade_draw
    FROM born
), ailing AS (
    SELECT *, number::VARCHAR || check_character(number) AS resident_number,
        CASE WHEN age < 18 THEN health_draw < 30 WHEN age < 40 THEN health_draw < 180
             WHEN age < 60 THEN health_draw < 520 ELSE health_draw < 600 END AS chronic_illness,
        chance(k, 'serious', CASE WHEN age < 18 THEN 8 WHEN age < 40 THEN 40 WHEN age < 60 THEN 100
            ELSE 90 END) AS serious_illness,
        chance(k, 'disabled', CASE WHEN age < 18 THEN 25 WHEN age >= 60 THEN 210 WHEN role = 'mid'
            AND kind = 'small' THEN 500
                                   WHEN kind = 'small' THEN 480 ELSE 170 END) AS disability_certificate,
        chance(k, 'incapacitated', CASE WHEN age < 18 THEN 2 WHEN age < 60 THEN 20 WHEN age < 75 THEN 50
            ELSE 130 END) AS incapacitated
    FROM numbered
), certified AS (
    SELECT *,
        CASE WHEN NOT disability_certificate THEN NULL WHEN category_draw < 13 THEN '1' WHEN category_draw < 25 THEN '2'
             WHEN category_draw < 27 THEN '3' WHEN category_draw < 77 THEN '4' WHEN category_draw < 87 THEN '5'
             WHEN category_draw < 97 THEN '6' ELSE '7' END AS disability_category,
        CASE WHEN NOT disability_certificate THEN NULL WHEN grade_draw < 15 THEN '1' WHEN grade_draw < 46 THEN '2'
             WHEN grade_draw < 71 THEN '3' ELSE '4' END AS disability_grade
    FROM ailing
), schooled AS (
    SELECT *,
        CASE WHEN school_age BETWEEN 3 AND 5 THEN CASE WHEN stage_draw < 850 THEN 'kindergarten' ELSE 'none' END
             WHEN school_age BETWEEN 6 AND 11 THEN CASE WHEN stage_draw < 988 THEN 'primary' ELSE 'none' END
             WHEN school_age BETWEEN 12 AND 14 THEN CASE WHEN stage_draw < 978 THEN 'junior' ELSE 'none' END
             WHEN school_age BETWEEN 15 AND 17 THEN CASE WHEN stage_draw < 450 THEN 'senior'
                 WHEN stage_draw < 850 THEN 'vocational_secondary' ELSE 'none' END
             WHEN school_age BETWEEN 18 AND 20 THEN CASE WHEN stage_draw < 330 THEN 'undergraduate'
                 WHEN stage_draw < 700 THEN 'vocational_higher' ELSE 'none' END
             WHEN school_age = 21 THEN CASE WHEN stage_draw < 330 THEN 'undergraduate' ELSE 'none' END
             WHEN school_age BETWEEN 22 AND 24 THEN CASE WHEN stage_draw < 40 THEN 'postgraduate' ELSE 'none' END
             ELSE 'none' END AS schooling
    FROM certified
)
-- What later steps have no use for goes: the cost of a step is the width of its rows.
SELECT * EXCLUDE (health_draw, stage_draw, category_draw, grade_draw, labour_draw, number, number_serial, village_code,
    head_age, head_male, mid_male, parent_male, with_in_laws),
    -- The stage before the first of September; NULL where it is the same, as people leave the column.
    CASE WHEN schooling = 'none' AND school_age NOT IN (18, 21) THEN NULL
         WHEN school_age = 3 THEN 'none'
         WHEN school_age = 6 THEN 'kindergarten'
         WHEN school_age = 12 THEN 'primary'
         WHEN school_age = 15 THEN 'junior'
         WHEN school_age = 18 THEN CASE WHEN stage_draw % 10 < 5 THEN 'senior' ELSE 'vocational_secondary' END
         WHEN school_age = 21 AND schooling = 'none' THEN CASE WHEN stage_draw < 700 THEN 'vocational_higher' END
         WHEN school_age = 22 THEN 'undergraduate' END AS schooling_spring,
    CASE WHEN schooling <> 'none' OR age < 16 THEN 'none'
         WHEN age >= 60 THEN CASE WHEN age < 68 AND labour_draw < 550 AND NOT serious_illness
             AND NOT incapacitated THEN 'weak' ELSE 'none' END
         WHEN disability_grade IN ('1', '2') OR incapacitated THEN CASE WHEN labour_draw < 600 THEN 'lost'
             ELSE 'none' END
         WHEN serious_illness THEN CASE WHEN labour_draw < 700 THEN 'weak' ELSE 'lost' END
         WHEN disability_certificate OR chronic_illness THEN CASE WHEN labour_draw < 650 THEN 'weak' ELSE 'ordinary' END
         WHEN labour_draw < 850 THEN 'ordinary' ELSE 'skilled' END AS labour
FROM schooled;
