//! What securityfs says of the kernel's security modules.

use plimsoll_engine::snapshot::GapReason;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::Host;

const LSM: &str = "/sys/kernel/security/lsm";
const LOCKDOWN: &str = "/sys/kernel/security/lockdown";

/// The security modules that are active, in the order in which they are asked.
pub(crate) fn modules(ctx: &Context<'_>) -> Fact<Vec<String>> {
    ctx.running(LSM, || read_modules(ctx.host))
}

/// The lockdown; absent where the kernel has none.
pub(super) fn lockdown(ctx: &Context<'_>) -> Fact<String> {
    ctx.running(LOCKDOWN, || read_lockdown(ctx.host))
}

fn read_modules(host: &Host) -> Fact<Vec<String>> {
    match Fact::from(host.read_text(LSM)) {
        Fact::Known(text) => Fact::Known(parse_modules(&text)),
        Fact::Absent => Fact::Gap(Unknown::new(
            GapReason::Failed,
            LSM,
            format!("{LSM}: no such file; securityfs is not mounted there, or the kernel is older than 4.15"),
        )),
        Fact::Gap(unknown) => Fact::Gap(unknown),
    }
}

fn read_lockdown(host: &Host) -> Fact<String> {
    match Fact::from(host.read_text(LOCKDOWN)) {
        Fact::Known(text) => parse_lockdown(&text).into(),
        // Without a list of modules beside it, nothing is known of what is missing.
        Fact::Absent => read_modules(host).and_then(|_| Fact::Absent),
        Fact::Gap(unknown) => Fact::Gap(unknown),
    }
}

fn parse_modules(text: &str) -> Vec<String> {
    text.trim().split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The word in brackets: `none [integrity] confidentiality`.
fn parse_lockdown(text: &str) -> Result<String, Unknown> {
    let chosen = text.split_ascii_whitespace().find_map(|word| word.strip_prefix('[')?.strip_suffix(']'));
    chosen
        .map(str::to_owned)
        .ok_or_else(|| Unknown::malformed(LOCKDOWN, format!("{LOCKDOWN}: {text:?} has no word in brackets")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn a_mounted_securityfs_tells_and_one_that_is_not_mounted_is_unknown() {
        let ubuntu = Tree::new()
            .file("sys/kernel/security/lsm", "lockdown,capability,landlock,yama,apparmor,ima,evm")
            .file("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
        let Fact::Known(modules) = read_modules(&ubuntu.host()) else { panic!("not known") };
        assert_eq!(modules[..2], ["lockdown", "capability"]);
        assert_eq!(read_lockdown(&ubuntu.host()), Fact::Known("integrity".to_owned()));

        let no_lockdown = Tree::new().file("sys/kernel/security/lsm", "capability,selinux");
        assert_eq!(read_lockdown(&no_lockdown.host()), Fact::Absent);

        let unmounted = Tree::new().dir("sys/kernel/security");
        assert!(matches!(read_modules(&unmounted.host()), Fact::Gap(_)));
        assert!(matches!(read_lockdown(&unmounted.host()), Fact::Gap(_)));
        assert!(parse_lockdown("none").is_err());
    }
}
