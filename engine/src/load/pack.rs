//! Packs and the parameters that they declare.

use super::node::{Content, Node};
use super::reader::Reader;
use crate::pack::Pack;
use crate::parameter::{Parameter, ParameterType};

/// What a `pack.yaml` holds.
pub(super) struct PackFile {
    /// The pack, if no mistake was noted.
    pub(super) pack: Option<Pack>,
    /// The parameters in whose declarations no mistake was noted.
    pub(super) parameters: Vec<Parameter>,
}

impl Reader<'_> {
    /// The `pack.yaml` of the pack `id`.
    pub(super) fn pack(&mut self, node: &Node, id: &str) -> Option<PackFile> {
        let fields = self.fields(node, "a pack", &["id", "title", "description", "parameters"])?;
        let own = self.may(&fields, "id", |reader, node| reader.own_id(node, id));
        let title = self.need(&fields, "title", Self::words);
        let description = self.may(&fields, "description", Self::words);
        let declared = self.may(&fields, "parameters", Self::parameters);
        let parameters: Vec<Parameter> = declared.iter().flatten().flatten().flatten().cloned().collect();
        let pack = || {
            let parameters = declared?.unwrap_or_default().into_iter().collect::<Option<_>>()?;
            own?;
            Some(Pack { id: id.to_owned(), title: title?, description: description?, parameters })
        };
        Some(PackFile { pack: pack(), parameters })
    }

    /// The parameters, `None` for each in whose declaration a mistake was noted.
    fn parameters(&mut self, node: &Node) -> Option<Vec<Option<Parameter>>> {
        let Content::Mapping(members) = &node.value else { return self.wrong_type(node, "a mapping", None) };
        Some(members.iter().map(|(name, node)| self.declaration(name, node)).collect())
    }

    fn declaration(&mut self, name: &Node, node: &Node) -> Option<Parameter> {
        let id = self.parameter_name(name);
        let fields = self.fields(node, "a parameter", &["type", "description", "default", "allowed"])?;
        let kind = self.need(&fields, "type", |reader, node| {
            reader.one_of(node, "type of a parameter", &ParameterType::ALL, ParameterType::as_str)
        });
        let description = self.need(&fields, "description", Self::words);
        let (name, kind) = (id?, kind?);
        let any = Parameter { name, kind, description: description?, default: None, allowed: Vec::new() };
        let allowed = self.may_list(&fields, "allowed", |reader, node| reader.value_of(&any, node));
        let declared = Parameter { allowed: allowed?, ..any };
        let default = self.may(&fields, "default", |reader, node| reader.value_of(&declared, node));
        Some(Parameter { default: default?, ..declared })
    }

    /// Words and dots, such as `kubernetes.version`.
    fn parameter_name(&mut self, key: &Node) -> Option<String> {
        let name = key.text().unwrap_or_default();
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        if name.split('.').all(|part| !part.is_empty() && part.chars().all(is_part)) {
            return Some(name.to_owned());
        }
        let message = format!("`{name}` cannot be the name of a parameter");
        let error = self.error("bad-id", message, &key.span);
        self.fail(
            error.advise(
                "write lower-case words with dots between them, such as `kubernetes.version`".to_owned(),
            ),
        )
    }

    /// A value that a parameter takes.
    fn value_of(&mut self, parameter: &Parameter, node: &Node) -> Option<serde_json::Value> {
        let value = self.value(node)?;
        match parameter.accepts(&value) {
            Ok(()) => Some(value),
            Err(reason) => {
                let error = self.error("parameter-value", reason, &node.span);
                self.fail(error)
            }
        }
    }

    /// A parameter's name and the value that it is set to.
    pub(super) fn parameter_value(&mut self, key: &Node, node: &Node) -> Option<(String, serde_json::Value)> {
        let name = key.text().unwrap_or_default();
        match self.vocabulary.parameters.get(name) {
            Some(Some(parameter)) => Some((name.to_owned(), self.value_of(parameter, node)?)),
            Some(None) => None,
            None => {
                self.parameter(name, key, &(0..name.len()));
                None
            }
        }
    }
}
