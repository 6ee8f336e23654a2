//! Families of distributions: those that take the same commands.

use schemars::JsonSchema;
use serde::Serialize;

/// A family of distributions, by what its members have in common: package manager, tools, file layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Debian, Ubuntu and what is made from them.
    Debian,
    /// Red Hat Enterprise Linux, Fedora and what is made from them.
    Rhel,
    /// SUSE Linux Enterprise, openSUSE.
    Suse,
    /// Alpine.
    Alpine,
    /// Arch.
    Arch,
    /// Amazon Linux.
    Amazon,
    /// VMware Photon OS.
    Photon,
    /// Flatcar Container Linux.
    Flatcar,
    /// Bottlerocket.
    Bottlerocket,
    /// Talos.
    Talos,
    /// None of these.
    Other,
}

impl Family {
    /// The family of the distribution `id`, or else that of the closest in `id_like` that has one.
    pub(super) fn of(id: &str, id_like: &[String]) -> Self {
        std::iter::once(id).chain(id_like.iter().map(String::as_str)).find_map(by_id).unwrap_or(Self::Other)
    }
}

fn by_id(id: &str) -> Option<Family> {
    Some(match id {
        "debian" | "ubuntu" | "raspbian" | "linuxmint" | "devuan" => Family::Debian,
        "rhel" | "fedora" | "centos" | "rocky" | "almalinux" | "ol" | "rhcos" | "scos" => Family::Rhel,
        "suse" | "sles" | "sled" | "opensuse" | "sle-micro" | "sl-micro" => Family::Suse,
        id if id.starts_with("opensuse-") => Family::Suse,
        "alpine" => Family::Alpine,
        "arch" => Family::Arch,
        "amzn" => Family::Amazon,
        "photon" => Family::Photon,
        "flatcar" | "coreos" => Family::Flatcar,
        "bottlerocket" => Family::Bottlerocket,
        "talos" => Family::Talos,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::Family;

    #[test]
    fn the_id_goes_before_what_it_is_like() {
        let family = |id: &str, like: &str| {
            Family::of(id, &like.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>())
        };
        assert_eq!(family("ubuntu", "debian"), Family::Debian);
        assert_eq!(family("pop", "ubuntu debian"), Family::Debian);
        assert_eq!(family("rocky", "rhel centos fedora"), Family::Rhel);
        assert_eq!(family("amzn", "fedora"), Family::Amazon);
        assert_eq!(family("flatcar", "coreos"), Family::Flatcar);
        assert_eq!(family("opensuse-leap", "suse opensuse"), Family::Suse);
        assert_eq!(family("sl-micro", "suse"), Family::Suse);
        assert_eq!(family("endeavouros", "arch"), Family::Arch);
        assert_eq!(family("azurelinux", ""), Family::Other);
        assert_eq!(family("x", "y fedora debian"), Family::Rhel);
    }
}
