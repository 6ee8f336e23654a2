//! The words of seccomp profiles: actions, architectures, comparisons, system calls, errors.

use std::collections::HashSet;
use std::sync::LazyLock;

/// The actions that a rule can take (libseccomp, runtime-spec).
pub(super) const ACTIONS: [&str; 9] = [
    "SCMP_ACT_KILL",
    "SCMP_ACT_KILL_PROCESS",
    "SCMP_ACT_KILL_THREAD",
    "SCMP_ACT_TRAP",
    "SCMP_ACT_ERRNO",
    "SCMP_ACT_TRACE",
    "SCMP_ACT_ALLOW",
    "SCMP_ACT_LOG",
    "SCMP_ACT_NOTIFY",
];

/// How an argument of a system call can be compared.
pub(super) const OPERATORS: [&str; 7] = [
    "SCMP_CMP_NE",
    "SCMP_CMP_LT",
    "SCMP_CMP_LE",
    "SCMP_CMP_EQ",
    "SCMP_CMP_GE",
    "SCMP_CMP_GT",
    "SCMP_CMP_MASKED_EQ",
];

/// The flags of seccomp(2) that a profile can ask for.
pub(super) const FLAGS: [&str; 4] = [
    "SECCOMP_FILTER_FLAG_TSYNC",
    "SECCOMP_FILTER_FLAG_LOG",
    "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
];

/// The architectures, without their prefix `SCMP_ARCH_`.
const ARCHITECTURES: [&str; 22] = [
    "AARCH64",
    "ARM",
    "LOONGARCH64",
    "M68K",
    "MIPS",
    "MIPS64",
    "MIPS64N32",
    "MIPSEL",
    "MIPSEL64",
    "MIPSEL64N32",
    "NATIVE",
    "PARISC",
    "PARISC64",
    "PPC",
    "PPC64",
    "PPC64LE",
    "RISCV64",
    "S390",
    "S390X",
    "X32",
    "X86",
    "X86_64",
];

/// The system calls of every architecture, by the names that the kernel and libseccomp 2.6 have for them.
static SYSCALLS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("syscall_names.txt").lines().collect());

/// The names of errno(3).
static ERRNOS: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("errno_names.txt").lines().collect());

/// Whether there is an architecture `name`.
pub(super) fn is_architecture(name: &str) -> bool {
    name.strip_prefix("SCMP_ARCH_").is_some_and(|name| ARCHITECTURES.contains(&name))
}

/// Whether any architecture has a system call `name`.
pub(super) fn is_syscall(name: &str) -> bool {
    SYSCALLS.contains(name)
}

/// Whether there is an error `name`.
pub(super) fn is_errno(name: &str) -> bool {
    ERRNOS.contains(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_know_what_there_is() {
        for name in ["read", "clone3", "fchmodat2", "arm_fadvise64_64", "_llseek", "s390_pci_mmio_read"] {
            assert!(is_syscall(name), "{name}");
        }
        assert!(!is_syscall("raed") && !is_syscall(""));
        assert!(is_errno("ENOSYS") && is_errno("EPERM") && !is_errno("EBOGUS"));
        assert!(is_architecture("SCMP_ARCH_X86_64") && !is_architecture("x86_64"));
    }
}
