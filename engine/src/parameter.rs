//! Parameters: what differs from site to site, declared by packs and set by profiles and users.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::matcher::quantity::{Scalar, Unit};
use crate::matcher::{cidr, version};

/// A parameter as a pack declares it. Names are shared by all packs, such as `kubernetes.version`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What values it takes.
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// What it means.
    pub description: String,
    /// Its value unless somebody sets another; without one it is absent, as a fact may be.
    #[serde(with = "crate::json_text")]
    pub default: Option<Value>,
    /// The only values that it takes; any, if empty.
    #[serde(with = "crate::json_text")]
    pub allowed: Vec<Value>,
}

impl Parameter {
    /// Whether the parameter takes a value.
    ///
    /// # Errors
    /// Why not, with what it takes instead.
    pub fn accepts(&self, value: &Value) -> Result<(), String> {
        if !self.kind.accepts(value) {
            let (name, wanted) = (&self.name, self.kind.describe());
            return Err(format!("the parameter `{name}` takes {wanted}, not {value}"));
        }
        if self.allowed.is_empty() || self.allowed.contains(value) {
            return Ok(());
        }
        let allowed: Vec<String> = self.allowed.iter().map(Value::to_string).collect();
        Err(format!("the parameter `{}` takes {}, not {value}", self.name, allowed.join(" or ")))
    }

    /// The value that a text from the command line stands for; lists are written with `,` in between.
    ///
    /// # Errors
    /// As [`Parameter::accepts`].
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        let words = || text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let typed = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        let value = match self.kind {
            ParameterType::Integer | ParameterType::Number | ParameterType::Boolean => typed(text),
            ParameterType::StringList => words().map(Value::from).collect(),
            ParameterType::IntegerList => words().map(typed).collect(),
            _ => Value::from(text),
        };
        self.accepts(&value).map(|()| value)
    }
}

/// What values a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParameterType {
    /// Any text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A number of bytes or things, such as `2Gi` or `500M`.
    Quantity,
    /// A time span, such as `5m`.
    Duration,
    /// A share, such as `80%`.
    Percentage,
    /// A version, such as `1.35`.
    Version,
    /// A network, such as `10.0.0.0/8`.
    Cidr,
    /// A list of texts.
    StringList,
    /// A list of whole numbers.
    IntegerList,
}

impl ParameterType {
    /// Every type.
    pub const ALL: [Self; 11] = [
        Self::String,
        Self::Integer,
        Self::Number,
        Self::Boolean,
        Self::Quantity,
        Self::Duration,
        Self::Percentage,
        Self::Version,
        Self::Cidr,
        Self::StringList,
        Self::IntegerList,
    ];

    /// Its name in `pack.yaml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Quantity => "quantity",
            Self::Duration => "duration",
            Self::Percentage => "percentage",
            Self::Version => "version",
            Self::Cidr => "cidr",
            Self::StringList => "string-list",
            Self::IntegerList => "integer-list",
        }
    }

    fn accepts(self, value: &Value) -> bool {
        let measures = |unit| {
            let scalar = Scalar::parse(value).filter(|_| value.is_number() || value.is_string());
            scalar.is_some_and(|scalar| scalar.unit() == unit || scalar.unit() == Unit::Plain)
        };
        let all = |of: fn(&Value) -> bool| value.as_array().is_some_and(|values| values.iter().all(of));
        match self {
            Self::String => value.is_string(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Quantity => measures(Unit::Quantity),
            Self::Duration => measures(Unit::Duration),
            Self::Percentage => measures(Unit::Percentage),
            Self::Version => value.as_str().and_then(version::Version::parse).is_some(),
            Self::Cidr => value.as_str().and_then(cidr::parse).is_some(),
            Self::StringList => all(Value::is_string),
            Self::IntegerList => all(|value| value.is_i64() || value.is_u64()),
        }
    }

    /// The values in words, with an example.
    fn describe(self) -> &'static str {
        match self {
            Self::String => "text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Quantity => "a quantity such as \"2Gi\"",
            Self::Duration => "a duration such as \"5m\"",
            Self::Percentage => "a percentage such as \"80%\"",
            Self::Version => "a version such as \"1.35\", in quotes",
            Self::Cidr => "a network such as \"10.0.0.0/8\"",
            Self::StringList => "a list of texts",
            Self::IntegerList => "a list of whole numbers",
        }
    }
}

/// The parameters' values in force; one that is missing is absent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Parameters(pub BTreeMap<String, Value>);

impl Parameters {
    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}
