//! `/proc/cpuinfo`, whose words differ from architecture to architecture.

use std::collections::BTreeMap;

use crate::fact::Fact;
use crate::host::Host;

pub(super) const SOURCE: &str = "/proc/cpuinfo";

/// Enough for a thousand processors, in bytes.
const CAP: usize = 16 << 20;

/// Who designed an arm64 processor, by the number that it has for `CPU implementer`.
const IMPLEMENTERS: [(&str, &str); 12] = [
    ("0x41", "ARM"),
    ("0x42", "Broadcom"),
    ("0x43", "Cavium"),
    ("0x46", "FUJITSU"),
    ("0x48", "HiSilicon"),
    ("0x4e", "NVIDIA"),
    ("0x50", "APM"),
    ("0x51", "Qualcomm"),
    ("0x61", "Apple"),
    ("0x6d", "Microsoft"),
    ("0x70", "Phytium"),
    ("0xc0", "Ampere"),
];

/// What the kernel says of the first processor, and of all together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CpuInfo(BTreeMap<String, String>);

impl CpuInfo {
    /// Of `host`.
    pub(super) fn read(host: &Host) -> Fact<Self> {
        Fact::from(host.read_capped(SOURCE, CAP)).map(|bytes| Self::parse(&String::from_utf8_lossy(&bytes)))
    }

    /// Lines of `name : value`, of which the first with a name counts.
    fn parse(text: &str) -> Self {
        let mut fields = BTreeMap::new();
        for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
            fields.entry(name.trim().to_owned()).or_insert_with(|| value.trim().to_owned());
        }
        Self(fields)
    }

    /// The model's name: of x86, loongarch; ppc64; riscv64; mips.
    pub(super) fn model(&self) -> Option<String> {
        ["model name", "Model Name", "cpu", "uarch", "cpu model"]
            .iter()
            .find_map(|name| self.get(name))
            .map(str::to_owned)
    }

    /// The vendor: of x86 and s390x in words, of arm64 by number.
    pub(super) fn vendor(&self) -> Option<String> {
        let by_number = || {
            let number = self.get("CPU implementer")?;
            let known = IMPLEMENTERS.iter().find(|(known, _)| *known == number);
            Some(known.map_or(number, |(_, name)| name))
        };
        self.get("vendor_id").or_else(by_number).map(str::to_owned)
    }

    /// The flags, sorted.
    pub(super) fn flags(&self) -> Vec<String> {
        let flags = ["flags", "Features", "features", "isa"]
            .iter()
            .find_map(|name| self.get(name))
            .unwrap_or_default();
        let mut flags: Vec<String> = flags.split_whitespace().map(str::to_owned).collect();
        flags.sort();
        flags
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A virtual machine with two processors, cut where nothing is read.
    const X86: &str = "\
processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC\nstepping\t: 1
cpu MHz\t\t: 2596.120\nflags\t\t: fpu vme sse sse2 ht lm\nbugs\t\t: sysret_ss_attrs null_seg\npower management:\n
processor\t: 1\nvendor_id\t: AuthenticAMD\nmodel name\t: Other\nflags\t\t: fpu\n\n";

    /// AWS Graviton2.
    const ARM64: &str = "\
processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid
CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n
processor\t: 1\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n\n";

    #[test]
    fn of_x86_the_first_processor_counts() {
        let info = CpuInfo::parse(X86);
        assert_eq!(info.model().as_deref(), Some("AMD EPYC"));
        assert_eq!(info.vendor().as_deref(), Some("AuthenticAMD"));
        assert_eq!(info.flags(), ["fpu", "ht", "lm", "sse", "sse2", "vme"]);
    }

    #[test]
    fn arm64_has_a_vendor_by_number_and_no_model() {
        let info = CpuInfo::parse(ARM64);
        assert_eq!(info.model(), None);
        assert_eq!(info.vendor().as_deref(), Some("ARM"));
        assert_eq!(info.flags()[..3], ["aes", "asimd", "asimdhp"]);
        let unknown = CpuInfo::parse("CPU implementer\t: 0x99\n");
        assert_eq!(unknown.vendor().as_deref(), Some("0x99"));
    }

    #[test]
    fn the_words_of_other_architectures() {
        let ppc64le = CpuInfo::parse(
            "processor\t: 0\ncpu\t\t: POWER9 (architected), altivec supported\nclock\t\t: 2900MHz\n",
        );
        assert_eq!(ppc64le.model().as_deref(), Some("POWER9 (architected), altivec supported"));
        let s390x = CpuInfo::parse(
            "vendor_id       : IBM/S390\n# processors    : 2\nfeatures\t: esan3 zarch stfle\n",
        );
        assert_eq!((s390x.vendor().as_deref(), s390x.flags().len()), (Some("IBM/S390"), 3));
        let riscv =
            CpuInfo::parse("processor\t: 0\nhart\t\t: 1\nisa\t\t: rv64imafdc\nuarch\t\t: sifive,u74-mc\n");
        assert_eq!(
            (riscv.model().as_deref(), riscv.flags()),
            (Some("sifive,u74-mc"), vec!["rv64imafdc".to_owned()])
        );
    }

    #[test]
    fn nothing_is_made_of_nothing() {
        let info = CpuInfo::parse("model name :\nnonsense\n: x\n");
        assert_eq!((info.model(), info.vendor()), (None, None));
        assert!(info.flags().is_empty());
    }
}
