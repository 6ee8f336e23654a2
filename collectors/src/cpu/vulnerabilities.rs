//! The processor's known flaws (Documentation/ABI/testing/sysfs-devices-system-cpu of the kernel).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::Fact;
use crate::host::Host;

const DIRECTORY: &str = "/sys/devices/system/cpu/vulnerabilities";

/// A known flaw of processors, and what this node does about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Vulnerability {
    /// Whether this node is affected.
    ///
    /// Source: /sys/devices/system/cpu/vulnerabilities/*, the first word
    pub state: VulnerabilityState,
    /// What the kernel says about it.
    ///
    /// Source: /sys/devices/system/cpu/vulnerabilities/*
    pub text: String,
}

/// Whether a node is affected by a flaw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VulnerabilityState {
    /// The processor does not have it.
    NotAffected,
    /// The processor has it, and the kernel prevents its use; the text may name what remains.
    Mitigated,
    /// The processor has it, and nothing prevents its use.
    Vulnerable,
    /// The kernel cannot tell, in a virtual machine for example.
    Unknown,
}

/// The flaws that the kernel knows, by name.
pub(super) fn read(host: &Host) -> Fact<BTreeMap<String, Fact<Vulnerability>>> {
    let read = |name: &str| {
        let text = Fact::from(host.read_text(format!("{DIRECTORY}/{name}")));
        text.map(|text| parse(text.trim()))
    };
    Fact::from(host.read_dir(DIRECTORY)).map(|entries| {
        let names = entries.into_iter().filter_map(|entry| entry.name.into_string().ok());
        names.map(|name| (name.clone(), read(&name))).collect()
    })
}

fn parse(text: &str) -> Vulnerability {
    // That of nested paging is about guests only: `KVM: Mitigation: Split huge pages`.
    let said = text.strip_prefix("KVM: ").unwrap_or(text);
    let state = match said.split([':', ';', ',', ' ']).next() {
        Some("Not") => VulnerabilityState::NotAffected,
        Some("Mitigation") => VulnerabilityState::Mitigated,
        Some("Vulnerable" | "Processor") => VulnerabilityState::Vulnerable,
        _ => VulnerabilityState::Unknown,
    };
    Vulnerability { state, text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn the_kernels_words() {
        use VulnerabilityState::{Mitigated, NotAffected, Unknown, Vulnerable};
        for (text, state) in [
            ("Not affected", NotAffected),
            ("Mitigation: usercopy/swapgs barriers and __user pointer sanitization", Mitigated),
            ("Mitigation: Clear CPU buffers; SMT vulnerable", Mitigated),
            ("Vulnerable", Vulnerable),
            ("Vulnerable: Safe RET, no microcode", Vulnerable),
            ("Vulnerable, IBPB: disabled, STIBP: disabled", Vulnerable),
            ("KVM: Mitigation: VMX disabled", Mitigated),
            ("KVM: Vulnerable", Vulnerable),
            ("Processor vulnerable", Vulnerable),
            ("Unknown: Dependent on hypervisor status", Unknown),
            ("Unknown: No mitigations", Unknown),
            ("", Unknown),
        ] {
            assert_eq!(parse(text).state, state, "{text}");
        }
    }

    #[test]
    fn one_that_cannot_be_read_is_a_gap_and_no_directory_is_absence() {
        let directory = &DIRECTORY[1..];
        let tree = Tree::new()
            .file(&format!("{directory}/meltdown"), "Not affected\n")
            .fifo(&format!("{directory}/mds"));
        let Fact::Known(found) = read(&tree.host()) else { panic!() };
        assert_eq!(found["meltdown"].known().map(|flaw| flaw.text.as_str()), Some("Not affected"));
        assert!(matches!(found["mds"], Fact::Gap(_)));
        assert!(matches!(read(&Tree::new().host()), Fact::Absent));
    }
}
