-- The years that ledger and receipts are made up for.
CREATE VIEW book_year AS
SELECT unnest(range(this_year() - getvariable('ledger_years') + 1, this_year() + 1))::INTEGER AS y;

-- Who lives together. `kind` small is the household left behind (old, alone, ill), large the family with children; the
-- share of small ones sets the mean size. Of brothers and sisters `child` and `grand` are the youngest.
-- `upto` is a cumulative share of a thousand within kind and size.

CREATE TABLE size_share (kind VARCHAR, size INTEGER, upto INTEGER);
INSERT INTO size_share VALUES
    ('small', 1, 450), ('small', 2, 890), ('small', 3, 970), ('small', 4, 1000),
    ('large', 2, 80), ('large', 3, 340), ('large', 4, 660), ('large', 5, 880), ('large', 6, 970), ('large', 7, 1000);

CREATE TABLE composition (kind VARCHAR, size INTEGER, upto INTEGER, roles VARCHAR[], head VARCHAR);
INSERT INTO composition VALUES
    ('small', 1, 890, ['head'], 'old'),
    ('small', 1, 996, ['head'], 'adult'),
    ('small', 1, 1000, ['head'], 'child'),
    ('small', 2, 870, ['head', 'spouse'], 'old'),
    ('small', 2, 945, ['head', 'mid'], 'old'),
    ('small', 2, 980, ['head', 'grand'], 'old'),
    ('small', 2, 1000, ['head', 'sibling'], 'old'),
    ('small', 3, 800, ['head', 'spouse', 'mid'], 'old'),
    ('small', 3, 1000, ['head', 'mid', 'grand'], 'old'),
    ('small', 4, 1000, ['head', 'spouse', 'mid', 'grand'], 'old'),
    ('large', 2, 450, ['head', 'child'], 'adult'),
    ('large', 2, 1000, ['head', 'parent'], 'adult'),
    ('large', 3, 330, ['head', 'spouse', 'child'], 'adult'),
    ('large', 3, 700, ['head', 'child', 'parent'], 'adult'),
    ('large', 3, 1000, ['head', 'parent', 'parent2'], 'adult'),
    ('large', 4, 210, ['head', 'spouse', 'second_child', 'child'], 'adult'),
    ('large', 4, 640, ['head', 'spouse', 'child', 'parent'], 'adult'),
    ('large', 4, 1000, ['head', 'mid', 'mid_spouse', 'grand'], 'old'),
    ('large', 5, 250, ['head', 'spouse', 'second_child', 'child', 'parent'], 'adult'),
    ('large', 5, 640, ['head', 'spouse', 'child', 'parent', 'parent2'], 'adult'),
    ('large', 5, 1000, ['head', 'spouse', 'mid', 'mid_spouse', 'grand'], 'old'),
    ('large', 6, 600, ['head', 'spouse', 'second_child', 'child', 'parent', 'parent2'], 'adult'),
    ('large', 6, 1000, ['head', 'spouse', 'mid', 'mid_spouse', 'second_grand', 'grand'], 'old'),
    ('large', 7, 1000, ['head', 'spouse', 'third_child', 'second_child', 'child', 'parent', 'parent2'], 'adult');
