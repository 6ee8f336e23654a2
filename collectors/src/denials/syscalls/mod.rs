//! Names of system calls, from the kernel's headers (asm/unistd_64.h, asm/unistd_32.h, asm-generic/unistd.h).

const X86_64: &str = include_str!("x86_64.txt");
const I386: &str = include_str!("i386.txt");
const AARCH64: &str = include_str!("aarch64.txt");

/// The architecture that `AUDIT_ARCH_*` (linux/audit.h) stands for; none if it is another one.
pub(super) fn architecture(audit: u32) -> Option<&'static str> {
    match audit {
        0xc000_003e => Some("x86_64"),
        0x4000_0003 => Some("i386"),
        0xc000_00b7 => Some("aarch64"),
        0x4000_0028 => Some("arm"),
        0xc000_00f3 => Some("riscv64"),
        0xc000_0015 => Some("ppc64le"),
        0x8000_0016 => Some("s390x"),
        _ => None,
    }
}

/// The name of a system call; none for one that is newer than these tables, or of another architecture.
pub(super) fn name(architecture: &str, number: u64) -> Option<&'static str> {
    let table = match architecture {
        "x86_64" => X86_64,
        "i386" => I386,
        "aarch64" => AARCH64,
        _ => return None,
    };
    table.lines().find_map(|line| {
        let (other, name) = line.split_once(' ')?;
        (other.parse() == Ok(number)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_by_architecture() {
        assert_eq!(name("x86_64", libc::SYS_unshare.try_into().unwrap()), Some("unshare"));
        assert_eq!(name("x86_64", 165), Some("mount"));
        assert_eq!(name("i386", 21), Some("mount"));
        assert_eq!(name("aarch64", 40), Some("mount"));
        assert_eq!(name("riscv64", 40), None);
        assert_eq!(name("x86_64", u64::MAX), None);
        assert_eq!(architecture(0xc000_00b7), Some("aarch64"));
        assert_eq!(architecture(0), None);
    }
}
