//! The policy that is installed, and the module in it that containers need.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Unknown};
use crate::host::{Host, HostError};
use crate::listing::names;

/// Where a policy's modules are kept; `/etc` on older and on image-based systems.
const STORES: [&str; 2] = ["/var/lib/selinux", "/etc/selinux"];

/// The names of the module that confines containers, the current one first.
const CONTAINER_MODULES: [&str; 2] = ["container", "docker"];

/// The policy module that confines containers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ContainerPolicy {
    /// Its name: `container`; `docker` on old systems.
    /// Source: the directories of the policy's module store.
    pub module: String,
    /// Where it is kept.
    /// Source: the directories of the policy's module store.
    pub path: String,
}

/// Whether a compiled policy of this type is there to be loaded.
pub(super) fn is_installed(host: &Host, policy_type: &str) -> Result<bool, Unknown> {
    let names = names(host, &format!("/etc/selinux/{policy_type}/policy"))?;
    Ok(names.iter().any(|name| name.starts_with("policy.")))
}

/// The module that confines containers, if the policy has it and it is not disabled.
pub(super) fn container_module(host: &Host, policy_type: &str) -> Fact<ContainerPolicy> {
    for store in STORES {
        match search(host, &format!("{store}/{policy_type}/active/modules")) {
            Ok(Some(policy)) => return Fact::Known(policy),
            Ok(None) => {}
            Err(error) => return Fact::Gap(error.into()),
        }
    }
    Fact::Absent
}

/// The names of the modules that are not disabled, of all priorities, sorted: what `semodule --list` tells.
pub(super) fn modules(host: &Host, policy_type: &str) -> Fact<Vec<String>> {
    for store in STORES {
        match enabled(host, &format!("{store}/{policy_type}/active/modules")) {
            Ok(modules) if modules.is_empty() => {}
            Ok(modules) => return Fact::Known(modules.into_iter().collect()),
            Err(error) => return Fact::Gap(error.into()),
        }
    }
    Fact::Absent
}

fn enabled(host: &Host, modules: &str) -> Result<BTreeSet<String>, HostError> {
    let mut found = BTreeSet::new();
    for priority in names(host, modules)?.iter().filter(|name| name.parse::<u32>().is_ok()) {
        found.extend(names(host, &format!("{modules}/{priority}"))?);
    }
    for disabled in names(host, &format!("{modules}/disabled"))? {
        found.remove(&disabled);
    }
    Ok(found)
}

/// Looks through the priorities below `modules`, the highest first.
fn search(host: &Host, modules: &str) -> Result<Option<ContainerPolicy>, HostError> {
    let mut priorities: Vec<u32> =
        names(host, modules)?.iter().filter_map(|name| name.parse().ok()).collect();
    priorities.sort_unstable_by(|a, b| b.cmp(a));
    let disabled = names(host, &format!("{modules}/disabled"))?;
    for module in CONTAINER_MODULES.into_iter().filter(|module| !disabled.iter().any(|name| name == module)) {
        for priority in &priorities {
            let path = format!("{modules}/{priority}/{module}");
            if host.exists(&path)? {
                return Ok(Some(ContainerPolicy { module: module.to_owned(), path }));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn the_module_of_the_highest_priority_counts_unless_it_is_disabled() {
        let store = "var/lib/selinux/targeted/active/modules";
        let tree = Tree::new()
            .file(&format!("{store}/100/base/cil"), "")
            .file(&format!("{store}/100/container/cil"), "")
            .file(&format!("{store}/200/container/cil"), "");
        assert_eq!(modules(&tree.host(), "targeted"), Fact::Known(vec!["base".into(), "container".into()]));
        assert_eq!(modules(&tree.host(), "mls"), Fact::Absent);
        let found = container_module(&tree.host(), "targeted");
        assert_eq!(found.known().unwrap().path, "/var/lib/selinux/targeted/active/modules/200/container");
        assert_eq!(container_module(&tree.host(), "mls"), Fact::Absent);
        let disabled = tree.file(&format!("{store}/disabled/container"), "");
        assert_eq!(container_module(&disabled.host(), "targeted"), Fact::Absent);
        assert_eq!(modules(&disabled.host(), "targeted"), Fact::Known(vec!["base".into()]));
        let coreos = Tree::new().file("etc/selinux/targeted/active/modules/200/container/cil", "");
        assert!(container_module(&coreos.host(), "targeted").known().is_some());
    }

    #[test]
    fn a_policy_is_installed_if_it_is_compiled() {
        let tree = Tree::new()
            .file("etc/selinux/targeted/policy/policy.33", "")
            .file("etc/selinux/mls/contexts/x", "");
        assert!(is_installed(&tree.host(), "targeted").unwrap());
        assert!(!is_installed(&tree.host(), "mls").unwrap());
    }
}
