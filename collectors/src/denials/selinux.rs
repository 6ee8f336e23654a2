//! What SELinux denied: access vector cache messages.

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{self, Answer};
use super::event::Event;
use super::group::{Denial, Occurrences, join_names};
use crate::fact::Fact;
use crate::selinux::label;

/// What SELinux denied, all of one cause.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SelinuxDenial {
    /// Who wanted what, in a few words: `cat (container_t) on a file of user_home_t`.
    ///
    /// Source: the audit log
    pub cause: String,
    /// The domain of the process, `container_t`.
    ///
    /// Source: the audit log, `scontext`
    pub source_type: String,
    /// The level of the process that was last denied, `s0:c12,c345`: runtimes give each container its own.
    ///
    /// Source: the audit log, `scontext`
    pub source_level: Fact<String>,
    /// The type of what it reached for, `user_home_t`.
    ///
    /// Source: the audit log, `tcontext`
    pub target_type: String,
    /// The level of what it last reached for.
    ///
    /// Source: the audit log, `tcontext`
    pub target_level: Fact<String>,
    /// The class of what it reached for, `file`.
    ///
    /// Source: the audit log, `tclass`
    pub class: String,
    /// What it wanted to do, sorted.
    ///
    /// Source: the audit log
    pub permissions: Vec<String>,
    /// What the kernel calls the process.
    ///
    /// Source: the audit log, `comm`
    pub comm: Fact<String>,
    /// What it reached for, as the process sees it: some paths or names, sorted.
    ///
    /// Source: the audit log, `path`, `name`
    pub names: Vec<String>,
    /// Whether it was let through all the same, because SELinux or the domain is permissive.
    ///
    /// Source: the audit log, `permissive`
    pub permissive: bool,
    /// What puts it right, if it is meant to be allowed.
    ///
    /// Source: the audit log, container-selinux
    pub answer: Answer,
    /// The boolean that allows it, where the answer is one.
    ///
    /// Source: container-selinux
    pub boolean: Fact<String>,
    /// Whether it is the domain of a container which runs, or a process of one was denied.
    ///
    /// Source: /proc/PID/cgroup, /proc/PID/attr/current
    pub of_container: bool,
    /// What of the node is mounted in the container where it last reached; absent if that is not known, or no mount.
    ///
    /// Source: /proc/PID/mountinfo, /proc/1/mountinfo
    pub volume: Fact<String>,
    /// A name for a module of one's own that allows it: of `comm`, without what the policy does not take in names.
    ///
    /// Source: the audit log, `comm`
    pub module: String,
    /// How often and when.
    #[serde(flatten)]
    pub occurrences: Occurrences,
}

impl SelinuxDenial {
    /// The denial that `event` tells; none for other events.
    pub(super) fn of(event: &Event<'_>, container: Fact<String>) -> Option<Self> {
        let mut permissions = event.permissions()?;
        permissions.sort();
        permissions.dedup();
        let (source, target) = (event.field("scontext")?, event.field("tcontext")?);
        let (source_type, target_type) = (label::type_of(&source)?, label::type_of(&target)?);
        let level = |context: &str| label::level_of(context).map(str::to_owned);
        let (class, comm) = (event.field("tclass")?, event.field("comm"));
        let program = comm.as_deref().unwrap_or("somebody");
        let mut denial = Self {
            module: module(program),
            cause: format!("{program} ({source_type}) on a {class} of {target_type}"),
            source_type: source_type.to_owned(),
            source_level: level(&source).into(),
            target_type: target_type.to_owned(),
            target_level: level(&target).into(),
            class,
            permissions,
            comm: comm.into(),
            names: event.field("path").or_else(|| event.field("name")).into_iter().collect(),
            permissive: event.field("permissive").as_deref() == Some("1"),
            answer: Answer::LocalModule,
            boolean: Fact::Absent,
            of_container: false,
            volume: Fact::Absent,
            occurrences: Occurrences::first(event, container),
        };
        denial.find_answer();
        Some(denial)
    }

    /// Takes the full path that a later line of the event tells.
    pub(super) fn set_path(&mut self, path: String) {
        if path.starts_with('/') && !self.names.iter().any(|name| name.starts_with('/')) {
            self.names = vec![path];
        }
    }

    /// Takes whether a container runs in its domain, which tells domains of containers whatever their names.
    pub(super) fn set_of_container(&mut self, of_container: bool) {
        self.of_container = of_container;
        self.find_answer();
    }

    fn find_answer(&mut self) {
        (self.answer, self.boolean) = answer::to(self);
    }
}

/// `my_` and the letters and digits of a program's name.
fn module(program: &str) -> String {
    let words = program.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once("my").chain(words).collect::<Vec<_>>().join("_")
}

impl Denial for SelinuxDenial {
    type Key = (String, String, String, Option<String>, bool);

    fn key(&self) -> Self::Key {
        let comm = self.comm.known().cloned();
        (self.source_type.clone(), self.target_type.clone(), self.class.clone(), comm, self.permissive)
    }

    fn occurrences_mut(&mut self) -> &mut Occurrences {
        &mut self.occurrences
    }

    fn absorb(&mut self, later: Self) {
        self.permissions.extend(later.permissions);
        self.permissions.sort();
        self.permissions.dedup();
        (self.source_level, self.target_level) = (later.source_level, later.target_level);
        self.of_container |= later.of_container;
        if later.volume != Fact::Absent {
            self.volume = later.volume;
        }
        join_names(&mut self.names, later.names);
        self.find_answer();
    }
}

#[cfg(test)]
mod tests {
    use super::module;

    #[test]
    fn a_module_has_a_name_that_the_policy_takes() {
        assert_eq!(module("cat"), "my_cat");
        assert_eq!(module("runc:[2:INIT]"), "my_runc_2_INIT");
        assert_eq!(module("a b;$(x)"), "my_a_b_x");
        assert_eq!(module("[]"), "my");
    }
}
