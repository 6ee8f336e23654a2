//! What matchers compare with: literals, other facts, parameters.

use std::ops::Range;

use serde_json::Value;

use super::matcher::About;
use super::node::{Content, Node};
use super::path::Scope;
use super::reader::Reader;
use super::types;
use crate::catalogue::Kind;
use crate::matcher;
use crate::rule::Operand;
use crate::suggest;

/// What an operand has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A value that the subject may have.
    Value,
    /// A list of them.
    Values,
    /// A value that an element of the subject may have.
    Element,
    /// A list of them.
    Elements,
    /// A number, quantity, duration or percentage.
    Scalar,
    /// A regular expression.
    Pattern,
    /// A range of versions.
    Version,
    /// An octal file mode.
    Mode,
    /// An address or network.
    Network,
}

impl<'a> Reader<'a> {
    /// An operand: a literal, `{ fact: … }` or `{ param: … }`.
    pub(super) fn operand(
        &mut self,
        form: Form,
        node: &Node,
        about: &About<'a>,
        scope: &Scope<'a>,
    ) -> Option<Operand> {
        let Some((key, value)) = reference(node) else {
            return self.literal(form, node, about).map(Operand::Literal);
        };
        let (operand, other) = if key == "param" {
            let name = self.text(value)?;
            let kinds = self.parameter(&name, value, &(0..name.len())).flatten();
            (Operand::Param(name.clone()), About { shown: format!("the parameter `{name}`"), kinds })
        } else {
            if matches!(form, Form::Pattern | Form::Version) {
                let error = self.error("operand", "a fact cannot stand here", &node.span);
                return self.fail(error.advise("write it out, or use `{ param: … }`".to_owned()));
            }
            let resolved = self.path(value, scope)?;
            let about = About { shown: format!("`{}`", resolved.query), kinds: resolved.kinds() };
            (Operand::Fact(resolved.query), about)
        };
        self.expect_comparable(form, about, &other, &value.span)?;
        Some(operand)
    }

    /// Notes an operand of which no value can match a value of the subject.
    fn expect_comparable(
        &mut self,
        form: Form,
        about: &About<'a>,
        other: &About<'a>,
        span: &Range<usize>,
    ) -> Option<()> {
        let (Some(subject), Some(kinds)) = (&about.kinds, &other.kinds) else { return Some(()) };
        let any = |subject: &[&Kind], kinds: &[&Kind]| {
            subject.iter().any(|one| kinds.iter().any(|other| types::comparable(one, other)))
        };
        let lists: Vec<&Kind> =
            kinds.iter().copied().filter(|kind| matches!(kind, Kind::List(_) | Kind::Any)).collect();
        let possible = match form {
            Form::Value => any(subject, kinds),
            Form::Element => any(&types::elements(subject), kinds),
            Form::Values => any(subject, &types::elements(&lists)),
            Form::Elements => any(&types::elements(subject), &types::elements(&lists)),
            Form::Scalar => kinds.iter().any(|kind| types::applies("at-least", kind)),
            Form::Pattern | Form::Version | Form::Mode | Form::Network => {
                kinds.iter().any(|kind| types::applies("matches", kind))
            }
        };
        if possible {
            return Some(());
        }
        let message = format!(
            "{} is {} and cannot be compared with {}, which is {}",
            other.shown,
            types::describe(kinds),
            about.shown,
            types::describe(subject)
        );
        let error = self.error("operand", message, span);
        self.fail(error)
    }

    /// The types of a parameter, if they are known; notes one that no pack declares. It is named in the
    /// node's text, at `inner`.
    pub(super) fn parameter(
        &mut self,
        name: &str,
        node: &Node,
        inner: &Range<usize>,
    ) -> Option<Option<Vec<&'a Kind>>> {
        if let Some(declared) = self.vocabulary.parameters.get(name) {
            return Some(declared.as_ref().map(|parameter| types::of_parameter(parameter.kind)));
        }
        let advice = suggest::advice(name, self.vocabulary.parameters.keys().map(String::as_str));
        let message = format!("no pack declares a parameter `{name}`");
        let error = self.error("unknown-parameter", message, &self.inside(node, inner));
        self.fail(error.advise(advice))
    }

    fn literal(&mut self, form: Form, node: &Node, about: &About<'a>) -> Option<Value> {
        match form {
            Form::Value => {
                let value = self.known_value(node)?;
                self.expect_possible(&value, node, about).map(|()| value)
            }
            Form::Values => self.literals(node, about),
            Form::Element | Form::Elements => {
                let kinds = about.kinds.as_ref().map(|kinds| types::elements(kinds));
                let elements = About { shown: format!("an element of {}", about.shown), kinds };
                match form {
                    Form::Element => self.literal(Form::Value, node, &elements),
                    _ => self.literals(node, &elements),
                }
            }
            Form::Scalar => self.scalar(node),
            Form::Pattern => self.pattern(node),
            Form::Version => self.version(node),
            Form::Mode => self.mode(node).map(Value::String),
            Form::Network => self.network(node),
        }
    }

    /// A list of values, each of which the subject may have.
    fn literals(&mut self, node: &Node, about: &About<'a>) -> Option<Value> {
        let values = self.list(node, |reader, node| reader.literal(Form::Value, node, about))?;
        Some(Value::Array(values))
    }

    /// Any value but `null`, which no value equals: it is how facts say that there is none.
    fn known_value(&mut self, node: &Node) -> Option<Value> {
        let value = self.value(node)?;
        if value.is_null() {
            let error = self.error("null", "no value equals `null`: it means absence", &node.span);
            return self.fail(error.advise("say `exists: false`".to_owned()));
        }
        Some(value)
    }

    /// Notes a value that the subject can never have.
    pub(super) fn expect_possible(&mut self, value: &Value, node: &Node, about: &About<'a>) -> Option<()> {
        let Some(kinds) = &about.kinds else { return Some(()) };
        let Err(help) = types::possible(value, kinds) else { return Some(()) };
        let shown = match value {
            Value::Array(_) => "this list".to_owned(),
            Value::Object(_) => "this object".to_owned(),
            value => value.to_string(),
        };
        let message = format!("{} is never {shown}", about.shown);
        let error = self.error("impossible-value", message, &node.span);
        self.fail(error.label(format!("it is {}", types::describe(kinds))).advise(help))
    }

    fn scalar(&mut self, node: &Node) -> Option<Value> {
        let value = self.value(node)?;
        if matcher::quantity::Scalar::parse(&value).is_some() {
            return Some(value);
        }
        let message = "here belongs a number, quantity, duration or percentage";
        let error = self.error("bad-quantity", message, &node.span);
        self.fail(error.advise("write for example 42, 2Gi, 500M, 5m, 1h30m or 80%".to_owned()))
    }

    fn pattern(&mut self, node: &Node) -> Option<Value> {
        let text = self.text(node)?;
        match matcher::pattern::check(&text) {
            Ok(()) => Some(Value::String(text)),
            Err(fault) => {
                let span = self.inside(node, &fault.span);
                let message = format!("this is not a regular expression: {}", fault.message);
                let error = self.error("bad-regex", message, &span);
                self.fail(error)
            }
        }
    }

    /// A range; unquoted `1.30` is the number 1.3 to YAML, and the version 1.30 to the author.
    fn version(&mut self, node: &Node) -> Option<Value> {
        let text = self.scalar_text(node, "a range of versions")?;
        match matcher::version::Range::parse(&text) {
            Ok(_) => Some(Value::String(text)),
            Err(fault) => {
                let span = self.inside(node, &fault.span);
                let message = format!("`{}` is not a range of versions", fault.part);
                let error = self.error("bad-version", message, &span);
                self.fail(error.advise("write for example \">=5.4, <6\"".to_owned()))
            }
        }
    }

    /// An octal file mode.
    pub(super) fn mode(&mut self, node: &Node) -> Option<String> {
        let text = self.scalar_text(node, "a file mode")?;
        if matcher::mode::parse(&text).is_some() {
            return Some(text);
        }
        let error = self.error("bad-mode", format!("`{text}` is not a file mode"), &node.span);
        self.fail(error.advise("write it in octal digits, such as \"0644\"".to_owned()))
    }

    fn network(&mut self, node: &Node) -> Option<Value> {
        let text = self.text(node)?;
        if matcher::cidr::parse(&text).is_some() {
            return Some(Value::String(text));
        }
        let message = format!("`{text}` is neither an address nor a network");
        let error = self.error("bad-cidr", message, &node.span);
        self.fail(error.advise("write for example \"10.0.0.0/8\" or \"fd00::/8\"".to_owned()))
    }

    /// The text of a scalar as it was written, even if YAML takes it for a number.
    fn scalar_text(&mut self, node: &Node, wanted: &str) -> Option<String> {
        match node.text() {
            Some(text) if !text.is_empty() => Some(text.to_owned()),
            _ => self.wrong_type(node, wanted, None),
        }
    }
}

/// The key and the value of `{ fact: … }` and `{ param: … }`.
fn reference(node: &Node) -> Option<(&str, &Node)> {
    match &node.value {
        Content::Mapping(members) => match members.as_slice() {
            [(key, value)] => {
                key.text().filter(|key| matches!(*key, "fact" | "param")).map(|key| (key, value))
            }
            _ => None,
        },
        _ => None,
    }
}
