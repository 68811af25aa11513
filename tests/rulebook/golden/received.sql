SELECT household_no, person_no, policy_id, year, amount FROM receipt WHERE year <= $policy_year
