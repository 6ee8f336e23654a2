//! Values of kernel parameters.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// The value of a kernel parameter: an integer if it is one, else text in which every run of blanks, tabs
/// and line ends is one blank (`net.ipv4.ip_local_port_range` is `32768 60999`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A decimal integer that 64 bits hold, with or without a sign.
    Integer(i128),
    /// Anything else.
    Text(String),
}

impl Value {
    /// The value that `text` says.
    pub(super) fn parse(text: &str) -> Self {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let integer = match words[..] {
            [word] => integer(word),
            _ => None,
        };
        integer.map_or_else(|| Self::Text(words.join(" ")), Self::Integer)
    }

    /// The value as JSON.
    pub(super) fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Only what the kernel, too, would print so: `010` is octal to it, and text here.
fn integer(word: &str) -> Option<i128> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let canonical = digits == "0" && digits == word
        || digits.starts_with(|c: char| ('1'..='9').contains(&c))
            && digits.bytes().all(|b| b.is_ascii_digit());
    let value = canonical.then(|| word.parse().ok()).flatten()?;
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value).then_some(value)
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(value) => serializer.serialize_i128(*value),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl JsonSchema for Value {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "SysctlValue".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["integer", "string"] })
    }
}

#[cfg(test)]
mod tests {
    use super::Value;
    use serde_json::json;

    #[test]
    fn integers_are_integers_and_blanks_are_one_blank() {
        let parsed = |text| Value::parse(text).to_json();
        assert_eq!(parsed("1\n"), json!(1));
        assert_eq!(parsed("-1"), json!(-1));
        assert_eq!(parsed("18446744073692774399\n"), json!(18_446_744_073_692_774_399_u64));
        assert_eq!(parsed("-9223372036854775808"), json!(i64::MIN));
        assert_eq!(parsed("0"), json!(0));
        assert_eq!(parsed("32768\t60999\n"), json!("32768 60999"));
        assert_eq!(
            parsed(" |/usr/lib/systemd/systemd-coredump  %P \n"),
            json!("|/usr/lib/systemd/systemd-coredump %P")
        );
        for text in ["010", "0x10", "-0", "1.5", "+1", "99999999999999999999999", "-", "", "١"] {
            assert_eq!(parsed(text), json!(text));
        }
    }
}
