//! Prices as the columns of a message take them. Whoever describes a model of their own may name any price; an answer is
//! not lost for it.

use bigdecimal::{BigDecimal, RoundingMode};

/// For `numeric(10, 4)`.
pub(crate) fn unit_price(price: &BigDecimal) -> BigDecimal {
    within(price, 4)
}

/// For `numeric(10, 7)`.
pub(crate) fn price(price: &BigDecimal) -> BigDecimal {
    within(price, 7)
}

/// Rounded to so many places and held within ten digits.
fn within(price: &BigDecimal, places: i64) -> BigDecimal {
    let most = BigDecimal::new(9_999_999_999_i64.into(), places);
    if price.abs() > most {
        return if price < &BigDecimal::from(0) { -most } else { most };
    }
    let scale = price.as_bigint_and_exponent().1;
    if scale <= places { price.clone() } else { price.with_scale_round(places, RoundingMode::HalfUp).min(most) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_fit_their_columns() {
        let check = |shaped: BigDecimal, expected: &str| assert_eq!(shaped.to_plain_string(), expected);
        check(unit_price(&"2.50".parse().unwrap()), "2.50");
        check(unit_price(&"0.00005".parse().unwrap()), "0.0001");
        check(unit_price(&"12345678".parse().unwrap()), "999999.9999");
        check(price(&"0.0030850".parse().unwrap()), "0.0030850");
        check(price(&"1000".parse().unwrap()), "999.9999999");
        check(price(&"999.99999999".parse().unwrap()), "999.9999999");
        check(price(&"-1000".parse().unwrap()), "-999.9999999");
    }
}
