//! The parts of a label: `user:role:type:level`.

/// The type of `label`, or the domain if it is a process's; none if it is no label.
pub(crate) fn type_of(label: &str) -> Option<&str> {
    let mut parts = label.split(':').skip(2);
    parts.next().filter(|name| !name.is_empty() && name.bytes().all(is_word))
}

/// The level of `label` with its categories, `s0:c12,c345`; none without one.
pub(crate) fn level_of(label: &str) -> Option<&str> {
    label.splitn(4, ':').nth(3).filter(|level| !level.is_empty())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_a_type_and_may_have_a_level() {
        let label = "system_u:system_r:container_t:s0:c12,c345";
        assert_eq!((type_of(label), level_of(label)), (Some("container_t"), Some("s0:c12,c345")));
        assert_eq!(level_of("u:r:t"), None);
        for other in ["", "unconfined", "docker-default (enforce)", "a:b:", "a:b:c d:s0", "a:b:$(x)"] {
            assert_eq!(type_of(other), None, "{other}");
        }
    }
}
