//! What the bits of the kernel's taint say.

/// The words for the bits, from bit 0 (Documentation/admin-guide/tainted-kernels of the kernel).
const WORDS: [&str; 20] = [
    "proprietary-module",
    "forced-module-load",
    "out-of-specification-system",
    "forced-module-unload",
    "machine-check",
    "bad-page",
    "user-request",
    "oops",
    "acpi-table-overridden",
    "warning",
    "staging-driver",
    "firmware-workaround",
    "out-of-tree-module",
    "unsigned-module",
    "soft-lockup",
    "live-patched",
    "auxiliary",
    "randomized-structs",
    "in-kernel-test",
    "firmware-debugging",
];

/// The words for the bits that are set in `taint`; `bit-N` for one that has no word yet.
pub(crate) fn words(taint: u64) -> Vec<String> {
    (0..u64::BITS)
        .filter(|bit| taint >> bit & 1 == 1)
        .map(|bit| WORDS.get(bit as usize).map_or_else(|| format!("bit-{bit}"), |word| (*word).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn each_bit_has_its_word() {
        assert!(words(0).is_empty());
        // The taint of a machine with an out-of-tree, unsigned, proprietary driver.
        assert_eq!(words(12289), ["proprietary-module", "out-of-tree-module", "unsigned-module"]);
        assert_eq!(words(512), ["warning"]);
        assert_eq!(words(1 << 63 | 1 << 19), ["firmware-debugging", "bit-63"]);
    }
}
