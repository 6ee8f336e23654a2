//! What a hook's file says: oci-hooks(5), in its version 1.0.0 and the deprecated 0.1.0.

use crate::fact::Sourced;
use crate::go_struct::{Object, Text};
use crate::json_document::{Document, DocumentError, Node};

use super::go_regex;

/// The stages that podman and CRI-O know: those of the runtime specification, and podman's own `precreate`.
const STAGES: [&str; 7] =
    ["precreate", "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

/// A hook that podman and CRI-O take.
#[derive(Debug, PartialEq)]
pub(super) struct Definition {
    pub(super) version: &'static str,
    pub(super) path: Sourced<String>,
    pub(super) stages: Vec<Sourced<String>>,
    pub(super) timeout: Option<Sourced<i64>>,
    pub(super) never_runs_because: Option<Sourced<String>>,
}

impl Definition {
    /// The hook that the file defines.
    pub(super) fn parse(document: &Document) -> Result<Self, DocumentError> {
        let file = File { document };
        let Some(root) = Object::root(document)? else {
            return Err(file.error(document.root(), "the property hook is missing"));
        };
        match root.text("version")? {
            Some(Text { text: "1.0.0", .. }) => file.current(root),
            None | Some(Text { text: "" | "0.1.0", .. }) => file.deprecated(root),
            Some(other) => Err(file
                .error(other.node, format!("the hook version {:?} is unknown: 1.0.0 is meant", other.text))),
        }
    }
}

struct File<'d> {
    document: &'d Document,
}

impl<'d> File<'d> {
    /// Version 1.0.0.
    fn current(&self, root: Object<'d>) -> Result<Definition, DocumentError> {
        let hook = root.object("hook")?;
        let path = hook.map(|hook| hook.text("path")).transpose()?.flatten();
        let timeout = hook.map(|hook| hook.integer("timeout")).transpose()?.flatten();
        if let Some(hook) = hook {
            hook.texts("args")?;
            hook.texts("env")?;
        }
        let when = root.object("when")?;
        let stages = root.texts("stages")?;
        let never_matches = when.map(|when| self.conditions(when)).transpose()?.unwrap_or(Some(NO_CONDITION));
        let at = |field: &str, object: Option<Object<'d>>| {
            object.and_then(|object| object.field(field)).unwrap_or_else(|| root.node())
        };
        Ok(Definition {
            version: "1.0.0",
            path: self.path(path, hook.map_or_else(|| root.node(), |hook| hook.node()))?,
            timeout: timeout.map(|value| self.sourced(value, at("timeout", hook))),
            never_runs_because: self.never_runs(never_matches, at("when", Some(root)), stages.as_deref()),
            stages: self.stages(stages, root)?,
        })
    }

    /// Why the conditions of version 1.0.0 never hold, if so. All that are there have to.
    fn conditions(&self, when: Object<'d>) -> Result<Option<&'static str>, DocumentError> {
        let always = when.boolean("always")?;
        let bind_mounts = when.boolean("hasBindMounts")?;
        let commands = when.texts("commands")?.unwrap_or_default();
        let annotations = when.words("annotations")?.unwrap_or_default();
        for (key, value) in &annotations {
            self.regex("annotation", &key.name, &key.value)?;
            self.regex("annotation", value.text, value.node)?;
        }
        for command in &commands {
            self.regex("command", command.text, command.node)?;
        }
        Ok(match (always, bind_mounts) {
            (Some(false), _) => Some("the condition always is false"),
            (_, Some(false)) => Some("the condition hasBindMounts is false"),
            (None, None) if commands.is_empty() && annotations.is_empty() => Some(NO_CONDITION),
            _ => None,
        })
    }

    /// Version 0.1.0, whose conditions are alternatives.
    fn deprecated(&self, root: Object<'d>) -> Result<Definition, DocumentError> {
        let path = root.text("hook")?;
        if path.is_none() {
            return Err(self.error(root.node(), "the property hook is missing"));
        }
        root.texts("arguments")?;
        let stages = self.either(root, "stages", "stage")?;
        let commands = self.either(root, "cmds", "cmd")?.unwrap_or_default();
        let annotations = self.either(root, "annotations", "annotation")?.unwrap_or_default();
        for (kind, regex) in commands
            .iter()
            .map(|regex| ("command", regex))
            .chain(annotations.iter().map(|regex| ("annotation", regex)))
        {
            self.regex(kind, regex.text, regex.node)?;
        }
        let bind_mounts = root.boolean("hasbindmounts")? == Some(true);
        let matches = bind_mounts || !commands.is_empty() || !annotations.is_empty();
        let never_matches = (!matches).then_some(NO_CONDITION);
        Ok(Definition {
            version: "0.1.0",
            path: self.path(path, root.node())?,
            timeout: None,
            never_runs_because: self.never_runs(never_matches, root.node(), stages.as_deref()),
            stages: self.stages(stages, root)?,
        })
    }

    /// The list of one of two names, of which only one may be there.
    fn either(
        &self,
        root: Object<'d>,
        name: &str,
        other: &str,
    ) -> Result<Option<Vec<Text<'d>>>, DocumentError> {
        match (root.texts(name)?, root.texts(other)?) {
            (Some(_), Some(_)) => {
                let at = root.field(other).unwrap_or_else(|| root.node());
                Err(self.error(at, format!("{name} and {other} cannot both be there")))
            }
            (one, two) => Ok(one.or(two)),
        }
    }

    fn path(&self, path: Option<Text<'d>>, object: &'d Node) -> Result<Sourced<String>, DocumentError> {
        match path {
            Some(path) if !path.text.is_empty() => Ok(self.sourced(path.text.to_owned(), path.node)),
            Some(path) => Err(self.error(path.node, "the path of the hook's program is empty")),
            None => Err(self.error(object, "the path of the hook's program is missing")),
        }
    }

    fn stages(
        &self,
        stages: Option<Vec<Text<'d>>>,
        root: Object<'d>,
    ) -> Result<Vec<Sourced<String>>, DocumentError> {
        let stages = stages.ok_or_else(|| self.error(root.node(), "the property stages is missing"))?;
        let stage = |stage: Text<'d>| {
            if STAGES.contains(&stage.text) {
                Ok(self.sourced(stage.text.to_owned(), stage.node))
            } else {
                Err(self.error(stage.node, format!("the stage {:?} is unknown", stage.text)))
            }
        };
        stages.into_iter().map(stage).collect()
    }

    fn never_runs(
        &self,
        never_matches: Option<&str>,
        at: &Node,
        stages: Option<&[Text<'d>]>,
    ) -> Option<Sourced<String>> {
        let no_stage = stages.is_some_and(<[_]>::is_empty).then_some("it names no stage");
        no_stage.or(never_matches).map(|reason| self.sourced(reason.to_owned(), at))
    }

    fn regex(&self, kind: &str, regex: &str, at: &Node) -> Result<(), DocumentError> {
        go_regex::check(regex).map_err(|error| {
            self.error(at, format!("the {kind} {regex:?} is no regular expression: {error}"))
        })
    }

    fn sourced<T>(&self, value: T, at: &Node) -> Sourced<T> {
        Sourced { value, origin: self.document.origin_of(at) }
    }

    fn error(&self, at: &Node, message: impl Into<String>) -> DocumentError {
        self.document.error_at(at, message)
    }
}

const NO_CONDITION: &str = "it names no condition that could hold";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Definition, String> {
        let document = Document::parse("/h.json", text.to_owned()).map_err(|error| error.message)?;
        Definition::parse(&document).map_err(|error| error.message)
    }

    fn with(rest: &str) -> String {
        format!(r#"{{"version": "1.0.0", "hook": {{"path": "/bin/true"}}, {rest}}}"#)
    }

    /// What podman 4.3.1 takes.
    #[test]
    fn what_podman_takes_is_valid() {
        for text in [
            &with(r#""when": {"always": true}, "stages": ["prestart"]"#),
            &with(r#""when": {"always": true}, "stages": []"#),
            &with(r#""when": {}, "stages": ["precreate"], "bogus": 1"#),
            &with(
                r#""stages": ["createRuntime", "createContainer", "startContainer", "poststart", "poststop"]"#,
            ),
            r#"{"version": "1.0.0", "HOOK": {"Path": "true"}, "stages": ["poststop"]}"#,
            r#"{"hook": "/bin/true", "stages": ["prestart"]}"#,
            r#"{"version": "", "hook": "/bin/true", "stage": ["prestart"], "cmd": [".*"]}"#,
            r#"{"version": "0.1.0", "hook": "/bin/true", "stages": ["createRuntime"], "hasbindmounts": true}"#,
        ] {
            assert_eq!(parse(text).map(|_| ()), Ok(()), "{text}");
        }
    }

    /// What podman 4.3.1 refuses.
    #[test]
    fn what_podman_refuses_is_invalid() {
        for (text, message) in [
            ("null", "the property hook is missing"),
            ("{}", "the property hook is missing"),
            ("[]", "the file has to hold an object, not a list"),
            (r#"{"version": 1}"#, "version has to be a string, not a number"),
            (r#"{"version": "2.0.0"}"#, "the hook version \"2.0.0\" is unknown: 1.0.0 is meant"),
            (r#"{"hook": "/bin/true"}"#, "the property stages is missing"),
            (r#"{"hook": "/bin/true", "stage": "prestart"}"#, "stage has to be a list, not a string"),
            (
                r#"{"hook": "/bin/true", "stage": ["prestart"], "stages": ["prestart"]}"#,
                "stages and stage cannot both be there",
            ),
            (
                r#"{"hook": "/bin/true", "stage": ["prestart"], "cmd": ["("]}"#,
                "the command \"(\" is no regular expression: unclosed group",
            ),
            (r#"{"version": "1.0.0", "stages": []}"#, "the path of the hook's program is missing"),
            (
                r#"{"version": "1.0.0", "hook": {"path": ""}, "stages": ["prestart"]}"#,
                "the path of the hook's program is empty",
            ),
            (&with(r#""stages": null"#), "the property stages is missing"),
            (&with(r#""stages": ["nosuch"]"#), "the stage \"nosuch\" is unknown"),
            (&with(r#""stages": [], "when": {"always": "yes"}"#), "always has to be a boolean, not a string"),
            (
                &with(r#""stages": [], "when": {"annotations": {"a": 1}}"#),
                "annotations.a has to be a string, not a number",
            ),
            (
                &with(r#""stages": [], "when": {"annotations": {"a(": "b"}}"#),
                "the annotation \"a(\" is no regular expression: unclosed group",
            ),
            (
                r#"{"version": "1.0.0", "hook": {"path": "/x", "timeout": 1.5}, "stages": []}"#,
                "timeout has to be a whole number, not a number",
            ),
            (
                r#"{"version": "1.0.0", "hook": {"path": "/x", "args": "x"}, "stages": []}"#,
                "args has to be a list, not a string",
            ),
        ] {
            assert_eq!(parse(text), Err(message.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_hook_that_never_runs_says_why() {
        let reason = |text: &str| parse(text).unwrap().never_runs_because.map(|reason| reason.value);
        for (rest, expected) in [
            (r#""when": {"always": true}, "stages": ["prestart"]"#, None),
            (r#""when": {"hasBindMounts": true}, "stages": ["prestart"]"#, None),
            (r#""when": {"annotations": {".*": "x"}}, "stages": ["prestart"]"#, None),
            (r#""when": {}, "stages": ["prestart"]"#, Some(NO_CONDITION)),
            (r#""stages": ["prestart"]"#, Some(NO_CONDITION)),
            (
                r#""when": {"always": false, "commands": ["x"]}, "stages": ["prestart"]"#,
                Some("the condition always is false"),
            ),
            (r#""when": {"always": true}, "stages": []"#, Some("it names no stage")),
        ] {
            assert_eq!(reason(&with(rest)).as_deref(), expected, "{rest}");
        }
        assert_eq!(reason(r#"{"hook": "/x", "stage": ["prestart"]}"#).as_deref(), Some(NO_CONDITION));
        assert_eq!(reason(r#"{"hook": "/x", "stage": ["prestart"], "annotation": ["x"]}"#), None);
    }
}
