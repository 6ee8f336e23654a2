//! Names of kernel parameters, in both notations of sysctl(8).

use crate::fact::Unknown;

/// The path below `/proc/sys` of the parameter `name`.
///
/// Which notation a name is in, its first separator says: `net.ipv4.conf.eth0/1.rp_filter` is written with
/// dots, and its slashes stand for dots; `net/ipv4/conf/eth0.1/rp_filter` is written as a path. Both are
/// the same parameter.
///
/// # Errors
///
/// If the name is empty or leads out of `/proc/sys`.
pub(super) fn path(name: &str) -> Result<String, Unknown> {
    let dotted = name.find(['.', '/']).is_some_and(|at| name.as_bytes()[at] == b'.');
    let swapped: String = name
        .chars()
        .map(|c| match c {
            '.' if dotted => '/',
            '/' if dotted => '.',
            other => other,
        })
        .collect();
    let parts: Vec<&str> = swapped.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() || parts.contains(&"..") {
        return Err(Unknown::malformed("/proc/sys", format!("{name:?} is no name of a kernel parameter")));
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn both_notations_lead_to_the_same_file() {
        assert_eq!(path("net.ipv4.ip_forward").unwrap(), "net/ipv4/ip_forward");
        assert_eq!(path("net/ipv4/ip_forward").unwrap(), "net/ipv4/ip_forward");
        assert_eq!(path("net.ipv4.conf.eth0/1.rp_filter").unwrap(), "net/ipv4/conf/eth0.1/rp_filter");
        assert_eq!(path("net/ipv4/conf/eth0.1/rp_filter").unwrap(), "net/ipv4/conf/eth0.1/rp_filter");
        assert_eq!(path("/vm//swappiness").unwrap(), "vm/swappiness");
        assert_eq!(path("kernel").unwrap(), "kernel");
    }

    #[test]
    fn no_name_leads_out() {
        assert!(path("").is_err());
        assert!(path("/").is_err());
        assert!(path("a/../../../etc/shadow").is_err());
        assert_eq!(path("../x").unwrap(), ".x", "a dot in front says that dots separate");
    }
}
