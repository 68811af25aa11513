-- What every step draws with. A draw depends on its key and the field's name alone, so that a person comes out the
-- same in whatever chunk, order or thread they are made. Every draw is a whole number: no float decides anything.

-- Where the field is a column, `field_key` of it is worked out once beside the column, and `drawn` from there.
CREATE MACRO field_key(field) AS md5_number_lower(field);
CREATE MACRO drawn(key, known_field, n) AS (hash(xor(key, known_field)) % n::UBIGINT)::INTEGER;
CREATE MACRO draw(key, field, n) AS drawn(key, field_key(field), n);
CREATE MACRO draw_from(key, field, least_one, most_one) AS least_one + draw(key, field, most_one - least_one + 1);
CREATE MACRO chance(key, field, per_thousand) AS draw(key, field, 1000) < per_thousand;
CREATE MACRO pick(key, field, choices) AS choices[1 + draw(key, field, len(choices))];
CREATE MACRO subkey(key, n) AS hash(xor(key, n::UBIGINT * 2654435761));

CREATE MACRO this_year() AS getvariable('as_of_year');
CREATE MACRO lot_day(key, field, y) AS
    make_date(y, draw_from(key, field || '_month', 1, 12), draw_from(key, field || '_day', 1, 28));
CREATE MACRO lot_month(key, field, y) AS make_date(y, draw_from(key, field || '_month', 1, 12), 1);

-- The months of year `y` whose first day lies in a span (both ends included, NULL = open): from `month_from` to
-- `month_until`.
CREATE MACRO month_from(day, y) AS
    CASE WHEN day IS NULL OR year(day) < y THEN 1
         WHEN year(day) > y THEN 13
         ELSE month(day) + (day(day) > 1)::INTEGER END;
CREATE MACRO month_until(day, y) AS
    CASE WHEN day IS NULL OR year(day) > y THEN 12
         WHEN year(day) < y THEN 0
         ELSE month(day) END;
CREATE MACRO month_count(a, b) AS greatest(0, b - a + 1);
-- The same months as bits, so that spans with holes between them can be laid over one another.
CREATE MACRO month_bits(a, b) AS CASE WHEN b < a THEN 0 ELSE (1 << b) - (1 << (a - 1)) END;

CREATE MACRO birthday(birth, years) AS (birth + to_years(years))::DATE;

CREATE MACRO household_number(serial) AS (37000000000001 + serial)::VARCHAR;
-- The household's number and two digits; fewer than ten live together.
CREATE MACRO person_number(serial, slot) AS ((37000000000001 + serial) * 100 + slot)::VARCHAR;

-- Fen to yuan and hundredths to mu, exactly; no wider than 18 digits anywhere, beyond which decimals are slow.
CREATE MACRO hundredth(n) AS (n::DECIMAL(12, 0) * 0.01::DECIMAL(3, 2))::DECIMAL(12, 2);

-- Sorting the ledger as rows was the dearest step of all. A line of it fits into one number whose order is the table's:
-- serial within the chunk, year, item, slot (15 where it is the household's: last), fen, and whether the person is named.
-- Numbers sort three times as fast; ids, items and yuan are spelled out after it. There is room for 2^19 households, two
-- years, 64 items and 2^32 fen, of which what is made up here comes nowhere near.
CREATE MACRO packed(serial, year, item, slot, fen, named) AS ((serial - getvariable('chunk_from')) << 44)
    + ((year - this_year() + 1)::BIGINT << 43) + (enum_code(item)::BIGINT << 37) + (coalesce(slot, 15)::BIGINT << 33)
    + (fen << 1) + named::BIGINT;

-- GB 11643: the check character of the seventeen digits in `n`, weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2.
CREATE MACRO digit(n, tens) AS (n // tens) % 10;
CREATE MACRO check_character(n) AS substr('10X98765432', 1 + ((
      digit(n, 10000000000000000) * 7 + digit(n, 1000000000000000) * 9 + digit(n, 100000000000000) * 10
    + digit(n, 10000000000000) * 5 + digit(n, 1000000000000) * 8 + digit(n, 100000000000) * 4
    + digit(n, 10000000000) * 2 + digit(n, 1000000000) * 1 + digit(n, 100000000) * 6
    + digit(n, 10000000) * 3 + digit(n, 1000000) * 7 + digit(n, 100000) * 9
    + digit(n, 10000) * 10 + digit(n, 1000) * 5 + digit(n, 100) * 8
    + digit(n, 10) * 4 + digit(n, 1) * 2) % 11)::INTEGER, 1);

-- Rates of gaps and errors are finer than a thousandth.
CREATE MACRO chance_in_100000(key, field, rate) AS draw(key, field, 100000) < rate;

-- Names put together from common surnames and characters by lot; that somebody bears one is chance.
CREATE MACRO surname(key) AS pick(key, 'surname', [
    '王', '李', '张', '刘', '陈', '杨', '赵', '孙', '周', '徐', '马', '朱', '胡', '郭', '何', '高', '林', '郑', '宋', '于',
    '董', '韩', '唐', '冯', '许', '曹', '秦', '安', '厉', '牟', '费', '辛', '卜', '丁', '苏', '尹', '葛', '范', '田', '滕']);
CREATE MACRO given_character(key, field, male, old) AS CASE
    WHEN male AND old THEN pick(key, field,
        ['德', '善', '常', '成', '明', '守', '玉', '传', '世', '为', '学', '文', '增', '全', '安', '义', '福', '贵', '同', '祥', '先', '洪',
        '京', '立', '振', '光', '兆', '佃', '加', '宗'])
    WHEN old THEN pick(key, field,
        ['秀', '兰', '英', '桂', '花', '芳', '凤', '玉', '淑', '美', '荣', '翠', '香', '云', '霞', '芹', '莲', '娥', '贞', '梅', '爱', '春',
        '月', '善', '华', '存', '京', '文', '洪', '光'])
    WHEN male THEN pick(key, field,
        ['伟', '强', '磊', '军', '勇', '涛', '鹏', '峰', '波', '斌', '浩', '宇', '晨', '泽', '轩', '志', '建', '海', '洋', '龙', '坤', '凯',
        '健', '超', '辉', '瑞', '子', '明', '振', '嘉'])
    ELSE pick(key, field, ['丽', '娜', '敏', '静', '燕', '艳', '娟', '红', '霞', '萍', '婷', '雪', '慧', '颖', '琳', '倩', '欣', '怡',
        '涵', '蕊', '雨', '佳', '晓', '梦', '思', '文', '悦', '彤', '洁', '玲']) END;
CREATE MACRO name_of(key, male, age, role, household_key) AS
    surname(CASE WHEN role IN ('spouse', 'mid_spouse') OR (role IN ('parent', 'parent2') AND NOT male) THEN key
        ELSE household_key END)
    || given_character(key, 'given_1', male, age >= 45)
    || CASE WHEN chance(key, 'short_name', 180) THEN '' ELSE given_character(key, 'given_2', male, age >= 45) END;
