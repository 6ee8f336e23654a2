//! Remediation.

use super::fields::Fields;
use super::node::Node;
use super::path::Scope;
use super::reader::Reader;
use crate::rule::{Action, Effect, FileFormat, Remediation, Step};
use crate::template::{Part, Template};

impl<'a> Reader<'a> {
    /// What puts a bad state right.
    pub(super) fn remediation(&mut self, node: &Node, scope: &Scope<'a>) -> Option<Remediation> {
        let fields = self.fields(node, "a remediation", &["summary", "effect", "steps", "verify"])?;
        let summary = self.need(&fields, "summary", |reader, node| reader.template(node, scope));
        let effect = self.need(&fields, "effect", |reader, node| {
            reader.one_of(node, "effect", &Effect::ALL, Effect::as_str)
        });
        let steps = self.need(&fields, "steps", |reader, node| {
            reader.list(node, |reader, node| reader.step(node, scope))
        });
        let verify = self.may(&fields, "verify", |reader, node| reader.template(node, scope));
        Some(Remediation { summary: summary?, effect: effect?, steps: steps?, verify: verify? })
    }

    fn step(&mut self, node: &Node, scope: &Scope<'a>) -> Option<Step> {
        let fields = self.fields(node, "a step", &["when", "run", "write", "edit"])?;
        let when = self.may(&fields, "when", |reader, node| reader.condition(node, scope));
        let action = match self.exactly_one(&fields, &["run", "write", "edit"])? {
            "run" => self.need(&fields, "run", |reader, node| reader.template(node, scope)).map(Action::Run),
            "write" => self.need(&fields, "write", |reader, node| reader.write(node, scope)),
            _ => self.need(&fields, "edit", |reader, node| reader.edit(node, scope)),
        };
        Some(Step { when: when?, action: action? })
    }

    fn write(&mut self, node: &Node, scope: &Scope<'a>) -> Option<Action> {
        let fields = self.fields(node, "`write`", &["file", "content", "mode"])?;
        let file = self.file_name(&fields, scope);
        let content = self.need(&fields, "content", |reader, node| reader.template_or_nothing(node, scope));
        let mode = self.may(&fields, "mode", Self::mode);
        let mode = mode?.unwrap_or_else(|| "0644".to_owned());
        Some(Action::Write { file: file?, content: content?, mode })
    }

    fn edit(&mut self, node: &Node, scope: &Scope<'a>) -> Option<Action> {
        let formats = FileFormat::ALL.map(FileFormat::as_str);
        let known: Vec<&str> = std::iter::once("file").chain(formats).collect();
        let fields = self.fields(node, "`edit`", &known)?;
        let file = self.file_name(&fields, scope);
        let name = self.exactly_one(&fields, &formats)?;
        let format = FileFormat::ALL.into_iter().find(|format| format.as_str() == name)?;
        let set = self.need(&fields, name, Self::object)?;
        Some(Action::Edit { file: file?, format, set: set.into() })
    }

    /// The absolute path of a file; one that begins with an insert is taken at its word.
    fn file_name(&mut self, fields: &Fields<'_>, scope: &Scope<'a>) -> Option<Template> {
        let node = self.required(fields, "file")?;
        let file = self.template(node, scope)?;
        match file.parts.first() {
            Some(Part::Text(text)) if !text.starts_with('/') => {
                let error = self.error("relative-file", "the path of the file is not absolute", &node.span);
                self.fail(error.advise(format!("write `/{}`", node.text().unwrap_or_default())))
            }
            _ => Some(file),
        }
    }
}
