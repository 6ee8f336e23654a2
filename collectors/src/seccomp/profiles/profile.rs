//! A seccomp profile, and what it is worth.

use schemars::JsonSchema;
use serde::Serialize;

use super::document::ProfileDocument;
use crate::fact::{Fact, Sourced};
use crate::host::Host;
use crate::json_document::Document;

/// System calls that the C library tries first and does without only if they fail with `ENOSYS`.
const NEW_SYSCALLS: [&str; 5] = ["clone3", "close_range", "faccessat2", "openat2", "statx"];

/// A seccomp profile of containers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Profile {
    /// Its file.
    pub file: String,
    /// Who takes it from there: `docker`, `crio`, `crio for privileged containers`, `podman`, or `kubelet` for the pods that name it.
    ///
    /// Source: daemon.json, crio.conf, containers.conf; the kubelet's directory of profiles
    pub used_by: Vec<Sourced<String>>,
    /// Whether the file is there.
    pub exists: Fact<bool>,
    /// Whether the runtimes take it; with any other no container starts.
    ///
    /// Source: the file
    pub valid: Fact<bool>,
    /// What is wrong with it, in words.
    ///
    /// Source: the file, the offending place
    pub error: Fact<Sourced<String>>,
    /// What is done with system calls that it does not name: `SCMP_ACT_ERRNO`, …; absent if it says nothing.
    ///
    /// Source: the file, `defaultAction`
    pub default_action: Fact<Sourced<String>>,
    /// Whether it says nothing, `{}`: then the runtimes set up no filter at all.
    ///
    /// Source: the file
    pub unconfined: Fact<bool>,
    /// Whether it lets every system call through.
    ///
    /// Source: the file
    pub allows_all: Fact<bool>,
    /// Whether it lets no system call through, so that no container starts.
    ///
    /// Source: the file
    pub allows_nothing: Fact<bool>,
    /// The names in it that no architecture has a system call of; the runtimes pass over them.
    ///
    /// Source: the file, `syscalls`
    pub unknown_syscalls: Fact<Vec<Sourced<String>>>,
    /// The architectures in it that nobody knows; the runtimes pass over them.
    ///
    /// Source: the file, `archMap`
    pub unknown_architectures: Fact<Vec<Sourced<String>>>,
    /// The first system call of each rule that says the same as the default; crun refuses such a profile.
    ///
    /// Source: the file, `syscalls`
    pub redundant_rules: Fact<Vec<Sourced<String>>>,
    /// The newer system calls that it answers with `EPERM`, from which the C library concludes that they
    /// are forbidden, and gives up; with `ENOSYS` it would go on without them.
    ///
    /// Source: the file, `defaultAction`, `defaultErrnoRet`, `syscalls`
    pub new_syscalls_not_permitted: Fact<Vec<String>>,
}

impl Profile {
    /// Reads the profile in `file`.
    pub(super) fn read(host: &Host, file: String, used_by: Vec<Sourced<String>>) -> Self {
        let profile = Document::read(host, &file)
            .map(|document| document.and_then(|document| ProfileDocument::parse(&document)));
        let sound: Fact<&ProfileDocument> = profile.as_ref().and_then(|result| result.as_ref().ok().into());
        Self {
            used_by,
            exists: profile.as_ref().map(|_| true).or_absent(false),
            valid: profile.as_ref().map(Result::is_ok),
            error: profile
                .as_ref()
                .and_then(|result| result.as_ref().err().map(|error| error.sourced()).into()),
            default_action: sound.as_ref().and_then(|profile| default_action(profile).into()),
            unconfined: sound.as_ref().map(|profile| profile.default.is_none()),
            allows_all: sound.as_ref().map(|profile| allows_all(profile)),
            allows_nothing: sound.as_ref().map(|profile| allows_nothing(profile)),
            unknown_syscalls: sound.as_ref().map(|profile| profile.unknown_syscalls().cloned().collect()),
            unknown_architectures: sound.as_ref().map(|profile| profile.unknown_architectures.clone()),
            redundant_rules: sound.as_ref().map(|profile| redundant_rules(profile)),
            new_syscalls_not_permitted: sound.map(not_permitted),
            file,
        }
    }
}

fn default_action(profile: &ProfileDocument) -> Option<Sourced<String>> {
    let default = profile.default.as_ref()?;
    Some(Sourced { value: default.value.name.clone(), origin: default.origin.clone() })
}

fn allows_all(profile: &ProfileDocument) -> bool {
    let actions = profile.default.iter().chain(profile.rules.iter().map(|rule| &rule.action));
    actions.into_iter().all(|action| action.value.lets_through())
}

fn allows_nothing(profile: &ProfileDocument) -> bool {
    let refuses = |action: &Sourced<super::document::Action>| action.value.refuses();
    profile.default.as_ref().is_some_and(refuses) && profile.rules.iter().all(|rule| refuses(&rule.action))
}

fn redundant_rules(profile: &ProfileDocument) -> Vec<Sourced<String>> {
    let Some(default) = &profile.default else { return Vec::new() };
    let redundant = profile.rules.iter().filter(|rule| rule.action.value == default.value);
    redundant.filter_map(|rule| rule.names.first().cloned()).collect()
}

fn not_permitted(profile: &ProfileDocument) -> Vec<String> {
    let refused = |name: &&str| {
        let mut rules =
            profile.rules.iter().filter(|rule| rule.names.iter().any(|known| known.value == **name));
        match rules.next() {
            Some(rule) => {
                rule.action.value.is_not_permitted() && rules.all(|rule| rule.action.value.is_not_permitted())
            }
            None => profile.default.as_ref().is_some_and(|default| default.value.is_not_permitted()),
        }
    };
    NEW_SYSCALLS.into_iter().filter(refused).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::super::document::tests::parse;
    use super::*;

    #[test]
    fn what_a_profile_is_worth() {
        let profile = |text: &str| parse(text).unwrap();
        let nothing = profile(r#"{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38}"#);
        assert!(allows_nothing(&nothing) && !allows_all(&nothing) && not_permitted(&nothing).is_empty());
        let all = profile(
            r#"{"defaultAction": "SCMP_ACT_LOG", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ALLOW"}]}"#,
        );
        assert!(allows_all(&all) && !allows_nothing(&all));
        let denylist = profile(
            r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mount", "kexec_load"], "action": "SCMP_ACT_ERRNO"}, {"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}"#,
        );
        assert!(!allows_all(&denylist) && !allows_nothing(&denylist));
        assert_eq!(
            redundant_rules(&denylist).iter().map(|name| name.value.as_str()).collect::<Vec<_>>(),
            ["read"]
        );
    }

    #[test]
    fn an_old_allowlist_answers_new_system_calls_with_eperm() {
        let old = parse(
            r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
                {"names": ["read", "statx", "raed"], "action": "SCMP_ACT_ALLOW"},
                {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
                {"names": ["openat2"], "action": "SCMP_ACT_ERRNO"}]}"#,
        )
        .unwrap();
        assert_eq!(not_permitted(&old), ["close_range", "faccessat2", "openat2"]);
        assert_eq!(old.unknown_syscalls().map(|name| name.value.as_str()).collect::<Vec<_>>(), ["raed"]);
    }
}
