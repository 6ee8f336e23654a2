//! What a seccomp profile says: the format of docker, podman and CRI-O, which the runtime specification's
//! `LinuxSeccomp` is a part of.

use super::names::{ACTIONS, FLAGS, OPERATORS, is_architecture, is_errno, is_syscall};
use crate::fact::Sourced;
use crate::go_struct::{Object, Text};
use crate::json_document::{Document, DocumentError, Node};

/// The highest number of an argument of a system call.
const LAST_ARGUMENT: i64 = 5;

/// "Operation not permitted", which is also what a system call gets if no error is named.
const EPERM: i64 = 1;

/// "Function not implemented".
const ENOSYS: i64 = 38;

/// A profile that the runtimes take.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ProfileDocument {
    /// What is done with a system call that no rule names; absent if the profile says nothing at all.
    pub(super) default: Option<Sourced<Action>>,
    pub(super) rules: Vec<Rule>,
    /// The architectures that nobody knows, which count for nothing.
    pub(super) unknown_architectures: Vec<Sourced<String>>,
}

/// What is done with a system call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Action {
    pub(super) name: String,
    /// The error that it gets if the action is to fail it, by its name or else its number.
    pub(super) errno: String,
}

/// What is done with some system calls.
#[derive(Debug, PartialEq)]
pub(super) struct Rule {
    pub(super) names: Vec<Sourced<String>>,
    pub(super) action: Sourced<Action>,
}

impl Action {
    /// Whether the system call is carried out.
    pub(super) fn lets_through(&self) -> bool {
        matches!(self.name.as_str(), "SCMP_ACT_ALLOW" | "SCMP_ACT_LOG")
    }

    /// Whether the system call fails, or the process ends.
    pub(super) fn refuses(&self) -> bool {
        !self.lets_through() && !matches!(self.name.as_str(), "SCMP_ACT_NOTIFY" | "SCMP_ACT_TRACE")
    }

    /// Whether the system call fails with `EPERM`.
    pub(super) fn is_not_permitted(&self) -> bool {
        self.name == "SCMP_ACT_ERRNO" && self.errno == "EPERM"
    }
}

impl ProfileDocument {
    /// The profile that the file holds.
    pub(super) fn parse(document: &Document) -> Result<Self, DocumentError> {
        match Object::root(document)? {
            Some(root) => Reader { document }.profile(root),
            None => Ok(Self::default()),
        }
    }

    /// The names in the rules that no architecture has; the runtimes pass over them.
    pub(super) fn unknown_syscalls(&self) -> impl Iterator<Item = &Sourced<String>> {
        self.rules.iter().flat_map(|rule| &rule.names).filter(|name| !is_syscall(&name.value))
    }
}

struct Reader<'d> {
    document: &'d Document,
}

impl<'d> Reader<'d> {
    fn profile(&self, root: Object<'d>) -> Result<ProfileDocument, DocumentError> {
        let unknown_architectures = self.architectures(root)?;
        let rules = root.objects("syscalls")?.unwrap_or_default();
        let rules: Vec<Rule> =
            rules.into_iter().filter_map(|rule| self.rule(rule).transpose()).collect::<Result<_, _>>()?;
        for flag in root.texts("flags")?.unwrap_or_default() {
            self.one_of(flag, "flag", &FLAGS)?;
        }
        let default = match root.text("defaultAction")? {
            Some(action) if !action.text.is_empty() => {
                Some(self.action(action, root, "defaultErrnoRet", "defaultErrno")?)
            }
            _ if rules.is_empty() => None,
            _ => return Err(self.error(root.node(), "defaultAction is missing")),
        };
        if let Some(default) = default.as_ref().filter(|default| default.value.name == "SCMP_ACT_NOTIFY") {
            let at = root.field("defaultAction").unwrap_or_else(|| root.node());
            return Err(self.error(at, format!("{} cannot be the default action", default.value.name)));
        }
        Ok(ProfileDocument { default, rules, unknown_architectures })
    }

    /// The unknown ones of the architectures; those of `architectures` and of known ones' `subArchitectures`
    /// are errors.
    fn architectures(&self, root: Object<'d>) -> Result<Vec<Sourced<String>>, DocumentError> {
        let listed = root.texts("architectures")?.unwrap_or_default();
        let mapped = root.objects("archMap")?.unwrap_or_default();
        if let (Some(first), false) = (listed.first(), mapped.is_empty()) {
            return Err(self.error(first.node, "architectures and archMap cannot both be there"));
        }
        for architecture in listed {
            self.known_architecture(architecture)?;
        }
        let mut unknown = Vec::new();
        for entry in mapped {
            let parts = entry.texts("subArchitectures")?.unwrap_or_default();
            match entry.text("architecture")? {
                Some(main) if is_architecture(main.text) => {
                    parts.into_iter().try_for_each(|part| self.known_architecture(part))?;
                }
                Some(main) => unknown.push(self.sourced(main.text.to_owned(), main.node)),
                None => unknown.push(self.sourced(String::new(), entry.node())),
            }
        }
        Ok(unknown)
    }

    fn known_architecture(&self, name: Text<'d>) -> Result<(), DocumentError> {
        if is_architecture(name.text) {
            return Ok(());
        }
        Err(self.error(name.node, format!("the architecture {:?} is unknown", name.text)))
    }

    /// A rule; `None` of one that names no system call, which does nothing.
    fn rule(&self, rule: Object<'d>) -> Result<Option<Rule>, DocumentError> {
        let (name, names) = (rule.text("name")?, rule.texts("names")?.unwrap_or_default());
        let name = name.filter(|name| !name.text.is_empty());
        if let (Some(name), false) = (name, names.is_empty()) {
            return Err(self.error(name.node, "name and names cannot both be there"));
        }
        let names: Vec<Text<'d>> = name.into_iter().chain(names).collect();
        if names.is_empty() {
            return Ok(None);
        }
        if let Some(empty) = names.iter().find(|name| name.text.is_empty()) {
            return Err(self.error(empty.node, "the name of a system call is empty"));
        }
        for argument in rule.objects("args")?.unwrap_or_default() {
            self.argument(argument)?;
        }
        let Some(action) = rule.text("action")? else {
            return Err(self.error(rule.node(), "the rule has no action"));
        };
        let action = self.action(action, rule, "errnoRet", "errno")?;
        let names = names.into_iter().map(|name| self.sourced(name.text.to_owned(), name.node)).collect();
        Ok(Some(Rule { names, action }))
    }

    fn argument(&self, argument: Object<'d>) -> Result<(), DocumentError> {
        let index = argument.integer("index")?.unwrap_or_default();
        if !(0..=LAST_ARGUMENT).contains(&index) {
            let at = argument.field("index").unwrap_or_else(|| argument.node());
            return Err(self
                .error(at, format!("a system call has no argument {index}: they are 0 to {LAST_ARGUMENT}")));
        }
        match argument.text("op")? {
            Some(operator) => self.one_of(operator, "comparison", &OPERATORS),
            None => Err(self.error(argument.node(), "the condition has no op")),
        }
    }

    fn action(
        &self,
        action: Text<'d>,
        owner: Object<'d>,
        number: &str,
        name: &str,
    ) -> Result<Sourced<Action>, DocumentError> {
        self.one_of(action, "action", &ACTIONS)?;
        let number = owner.integer(number)?;
        let name = owner.text(name)?.filter(|name| !name.text.is_empty());
        if let Some(unknown) = name.filter(|name| !is_errno(name.text)) {
            return Err(self.error(unknown.node, format!("the error {:?} is unknown", unknown.text)));
        }
        let errno = match (number, name) {
            (_, Some(name)) => name.text.to_owned(),
            (None | Some(EPERM), None) => "EPERM".to_owned(),
            (Some(ENOSYS), None) => "ENOSYS".to_owned(),
            (Some(number), None) => number.to_string(),
        };
        Ok(self.sourced(Action { name: action.text.to_owned(), errno }, action.node))
    }

    fn one_of(&self, word: Text<'d>, what: &str, known: &[&str]) -> Result<(), DocumentError> {
        if known.contains(&word.text) {
            return Ok(());
        }
        Err(self.error(word.node, format!("the {what} {:?} is unknown", word.text)))
    }

    fn sourced<T>(&self, value: T, at: &Node) -> Sourced<T> {
        Sourced { value, origin: self.document.origin_of(at) }
    }

    fn error(&self, at: &Node, message: impl Into<String>) -> DocumentError {
        self.document.error_at(at, message)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn parse(text: &str) -> Result<ProfileDocument, String> {
        let document = Document::parse("/p.json", text.to_owned()).map_err(|error| error.message)?;
        ProfileDocument::parse(&document).map_err(|error| error.message)
    }

    fn with(rest: &str) -> String {
        format!(r#"{{"defaultAction": "SCMP_ACT_ALLOW", {rest}}}"#)
    }

    fn rule(rest: &str) -> String {
        with(&format!(r#""syscalls": [{{"names": ["mount"], "action": "SCMP_ACT_ERRNO", {rest}}}]"#))
    }

    /// What podman 4.3.1 with runc 1.1.5 takes.
    #[test]
    fn what_podman_and_runc_take_is_valid() {
        for text in [
            "{}",
            "null",
            r#"{"defaultAction": "", "architectures": []}"#,
            r#"{"defaultAction": "SCMP_ACT_LOG"}"#,
            &with(r#""bogus": 1"#),
            &with(r#""archMap": [{"architecture": "BOGUS", "subArchitectures": ["FOO"]}]"#),
            &with(r#""syscalls": [{"name": "mount", "action": "SCMP_ACT_ERRNO"}]"#),
            &with(r#""syscalls": [{"names": ["nosuch"], "action": "SCMP_ACT_ERRNO"}]"#),
            &with(
                r#""syscalls": [{"names": [], "action": "SCMP_ACT_ERRNO"}, {"action": "SCMP_ACT_ERRNO"}, null]"#,
            ),
            &with(r#""syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ALLOW"}]"#),
            &rule(r#""includes": {"caps": ["BOGUS"], "arches": ["bogus"], "minKernel": "x"}"#),
            &rule(
                r#""errnoRet": 38, "errno": "ENOSYS", "args": [{"index": 5, "value": 1, "op": "SCMP_CMP_EQ"}]"#,
            ),
        ] {
            assert_eq!(parse(text).map(|_| ()), Ok(()), "{text}");
        }
    }

    /// What podman 4.3.1 or runc 1.1.5 refuse.
    #[test]
    fn what_podman_or_runc_refuse_is_invalid() {
        for (text, message) in [
            ("[]", "the file has to hold an object, not a list"),
            (
                &with(
                    r#""architectures": ["SCMP_ARCH_X86_64"], "archMap": [{"architecture": "SCMP_ARCH_X86_64"}]"#,
                ),
                "architectures and archMap cannot both be there",
            ),
            (&with(r#""architectures": ["BOGUS"]"#), "the architecture \"BOGUS\" is unknown"),
            (
                &with(r#""archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["FOO"]}]"#),
                "the architecture \"FOO\" is unknown",
            ),
            (
                &with(r#""syscalls": [{"name": "mount", "names": ["umount"], "action": "SCMP_ACT_ERRNO"}]"#),
                "name and names cannot both be there",
            ),
            (
                &with(r#""syscalls": [{"names": [""], "action": "SCMP_ACT_ERRNO"}]"#),
                "the name of a system call is empty",
            ),
            (
                &with(r#""syscalls": [{"names": ["mount"], "action": "BOGUS"}]"#),
                "the action \"BOGUS\" is unknown",
            ),
            (&with(r#""syscalls": [{"names": ["mount"]}]"#), "the rule has no action"),
            (&with(r#""syscalls": {}"#), "syscalls has to be a list, not an object"),
            (&with(r#""flags": ["BOGUS"]"#), "the flag \"BOGUS\" is unknown"),
            (
                &rule(r#""args": [{"index": 7, "op": "SCMP_CMP_EQ"}]"#),
                "a system call has no argument 7: they are 0 to 5",
            ),
            (&rule(r#""args": [{"index": 1, "op": "BOGUS"}]"#), "the comparison \"BOGUS\" is unknown"),
            (&rule(r#""errno": "BOGUS""#), "the error \"BOGUS\" is unknown"),
            (r#"{"defaultAction": "SCMP_ACT_NOTIFY"}"#, "SCMP_ACT_NOTIFY cannot be the default action"),
            (
                r#"{"syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ERRNO"}]}"#,
                "defaultAction is missing",
            ),
            (
                r#"{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrno": "BOGUS"}"#,
                "the error \"BOGUS\" is unknown",
            ),
        ] {
            assert_eq!(parse(text).map(|_| ()), Err(message.to_owned()), "{text}");
        }
    }
}
