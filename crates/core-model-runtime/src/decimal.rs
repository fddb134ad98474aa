//! Money on the wire: decimals as strings, written like Python's `Decimal`.

use bigdecimal::{BigDecimal, RoundingMode, Zero};
use serde::{Deserialize, Deserializer, Serializer};

/// Decimal places of a price.
const PRICE_SCALE: i64 = 7;

/// Keeps trailing zeros; falls back to an exponent below `1E-6`, as clients of the original are used to.
pub(crate) fn to_text(value: &BigDecimal) -> String {
    let (digits, scale) = value.as_bigint_and_exponent();
    let adjusted = digits.magnitude().to_string().len() as i64 - 1 - scale;
    if scale >= 0 && adjusted >= -6 {
        return value.to_plain_string();
    }
    let sign = if digits.sign() == bigdecimal::num_bigint::Sign::Minus { "-" } else { "" };
    let digits = digits.magnitude().to_string();
    let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
    let point = if rest.is_empty() { "" } else { "." };
    let plus = if adjusted >= 0 { "+" } else { "" };
    format!("{sign}{first}{point}{rest}E{plus}{adjusted}")
}

/// `tokens x unit price x unit`, rounded half up.
pub(crate) fn price(tokens: u32, unit_price: &BigDecimal, unit: &BigDecimal) -> BigDecimal {
    (BigDecimal::from(tokens) * unit_price * unit).with_scale_round(PRICE_SCALE, RoundingMode::HalfUp)
}

/// `0.0`, the value of everything that costs nothing.
pub(crate) fn nothing() -> BigDecimal {
    BigDecimal::zero().with_scale(1)
}

pub(crate) fn serialize<S: Serializer>(value: &BigDecimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&to_text(value))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BigDecimal, D::Error> {
    BigDecimal::deserialize(deserializer)
}

pub(crate) mod optional {
    use super::{BigDecimal, Deserialize, Deserializer, Serializer, to_text};

    pub(crate) fn serialize<S: Serializer>(value: &Option<BigDecimal>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_str(&to_text(value)),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<BigDecimal>, D::Error> {
        Option::<BigDecimal>::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(to_text(&text.parse().unwrap()), expected);
    }

    #[test]
    fn texts_match_python() {
        check("2.50", "2.50");
        check("0.0", "0.0");
        check("0.000001", "0.000001");
        check("0.0000030", "0.0000030");
        check("0.0000003", "3E-7");
        check("0.0000000", "0E-7");
        check("-12.340", "-12.340");
    }

    #[test]
    fn prices_are_rounded_half_up() {
        let price = |tokens, unit_price: &str, unit: &str| {
            to_text(&price(tokens, &unit_price.parse().unwrap(), &unit.parse().unwrap()))
        };
        assert_eq!(price(1234, "2.50", "0.000001"), "0.0030850");
        assert_eq!(price(1, "0.15", "0.000001"), "2E-7");
        assert_eq!(price(3, "0.05", "0.000001"), "2E-7");
        assert_eq!(price(0, "2.50", "0.000001"), "0E-7");
        assert_eq!(price(1000, "0.002", "0.001"), "0.0020000");
    }
}
