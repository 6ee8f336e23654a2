//! The microarchitecture levels of x86-64 (System V ABI, AMD64 supplement, "Micro-Architecture Levels").

/// What each level needs beyond the ones before it, by the kernel's words.
#[rustfmt::skip]
const LEVELS: [&[&str]; 4] = [
    &["lm", "cmov", "cx8", "fpu", "fxsr", "mmx", "syscall", "sse", "sse2"],
    &["cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"],
    // The kernel shows xsave only where it uses it, which is what osxsave stands for.
    &["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"],
    &["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"],
];

/// The highest level that a processor with these flags has; `None` if it is no 64-bit processor.
pub(super) fn of(flags: &[String]) -> Option<u8> {
    let has_all = |needed: &&&[&str]| needed.iter().all(|flag| flags.iter().any(|have| have == flag));
    let level = LEVELS.iter().take_while(has_all).count();
    u8::try_from(level).ok().filter(|level| *level > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(flags: &str) -> Option<u8> {
        of(&flags.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    const V1: &str = "fpu cx8 cmov mmx fxsr sse sse2 syscall lm";
    const V2: &str = "pni ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm";
    const V3: &str = "fma movbe xsave avx f16c abm bmi1 avx2 bmi2";
    const V4: &str = "avx512f avx512dq avx512cd avx512bw avx512vl";

    #[test]
    fn a_level_needs_all_below_it() {
        assert_eq!(level(V1), Some(1));
        assert_eq!(level(&format!("{V1} {V2}")), Some(2));
        assert_eq!(level(&format!("{V1} {V2} {V3}")), Some(3));
        assert_eq!(level(&format!("{V1} {V2} {V3} {V4}")), Some(4));
        assert_eq!(level(&format!("{V1} {V3} {V4}")), Some(1));
        // AVX that the hypervisor hides.
        assert_eq!(level(&format!("{V1} {V2} {V3}").replace("xsave ", "")), Some(2));
        assert_eq!(level("fpu cx8 sse sse2"), None);
    }
}
