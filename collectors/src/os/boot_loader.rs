//! Which boot loader the kernel's command line has to be changed in.

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Unknown};
use crate::host::Host;

/// A boot loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BootLoader {
    /// GNU GRUB.
    Grub,
    /// systemd-boot.
    SystemdBoot,
    /// Another one.
    Other,
}

/// The EFI variable in which a boot loader says its name (systemd's boot loader interface).
const LOADER_INFO: &str = "/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

/// Files that an installed boot loader has, the surest first.
const FILES: [(&str, BootLoader); 19] = [
    ("/boot/EFI/systemd/systemd-bootx64.efi", BootLoader::SystemdBoot),
    ("/boot/EFI/systemd/systemd-bootaa64.efi", BootLoader::SystemdBoot),
    ("/efi/EFI/systemd/systemd-bootx64.efi", BootLoader::SystemdBoot),
    ("/efi/EFI/systemd/systemd-bootaa64.efi", BootLoader::SystemdBoot),
    ("/boot/efi/EFI/systemd/systemd-bootx64.efi", BootLoader::SystemdBoot),
    ("/boot/efi/EFI/systemd/systemd-bootaa64.efi", BootLoader::SystemdBoot),
    ("/boot/grub/grub.cfg", BootLoader::Grub),
    ("/boot/grub2/grub.cfg", BootLoader::Grub),
    ("/boot/grub/grubenv", BootLoader::Grub),
    ("/boot/grub2/grubenv", BootLoader::Grub),
    ("/boot/flatcar/grub", BootLoader::Grub),
    ("/boot/extlinux/extlinux.conf", BootLoader::Other),
    ("/boot/extlinux.conf", BootLoader::Other),
    ("/boot/syslinux/syslinux.cfg", BootLoader::Other),
    ("/boot/firmware/config.txt", BootLoader::Other),
    ("/boot/cmdline.txt", BootLoader::Other),
    ("/boot/refind_linux.conf", BootLoader::Other),
    ("/etc/zipl.conf", BootLoader::Other),
    // Only a configuration, which may be left over; it is there where `/boot` is empty or locked.
    ("/etc/default/grub", BootLoader::Grub),
];

/// The boot loader: the one that started a running node, if it said so; else the one that is installed.
/// Absent if there is none, as on machines that get their kernel from the hypervisor.
pub(super) fn read(host: &Host) -> Fact<BootLoader> {
    if let Some(loader) = host.read(LOADER_INFO).ok().and_then(|variable| by_info(&variable)) {
        return Fact::Known(loader);
    }
    let mut problem: Option<Unknown> = None;
    for (file, loader) in FILES {
        match host.exists(file) {
            Ok(true) => return Fact::Known(loader),
            Ok(false) => {}
            Err(error) => problem = problem.or(Some(error.into())),
        }
    }
    problem.map_or(Fact::Absent, Fact::Gap)
}

/// The name in the variable: four bytes of attributes, then UTF-16.
fn by_info(variable: &[u8]) -> Option<BootLoader> {
    let units = variable.get(4..)?.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let name = String::from_utf16_lossy(&units.collect::<Vec<_>>());
    if name.starts_with("systemd-boot") {
        Some(BootLoader::SystemdBoot)
    } else if name.starts_with("GRUB") {
        Some(BootLoader::Grub)
    } else {
        // systemd-stub, for example, which whatever loader started.
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn a_loader_is_known_by_its_files_and_none_is_none() {
        let debian = Tree::new().file("boot/grub/grub.cfg", "").file("etc/default/grub", "");
        assert_eq!(read(&debian.host()), Fact::Known(BootLoader::Grub));
        let arch = Tree::new().file("boot/EFI/systemd/systemd-bootx64.efi", "").file("etc/default/grub", "");
        assert_eq!(read(&arch.host()), Fact::Known(BootLoader::SystemdBoot));
        let alpine = Tree::new().file("boot/extlinux.conf", "");
        assert_eq!(read(&alpine.host()), Fact::Known(BootLoader::Other));
        assert_eq!(read(&Tree::new().host()), Fact::Absent);
    }

    #[test]
    fn the_loader_that_started_the_node_goes_before_what_is_installed() {
        let info = |name: &str| {
            [6, 0, 0, 0]
                .into_iter()
                .chain(name.encode_utf16().flat_map(u16::to_le_bytes))
                .collect::<Vec<u8>>()
        };
        assert_eq!(by_info(&info("systemd-boot 252.30-1~deb12u2")), Some(BootLoader::SystemdBoot));
        assert_eq!(by_info(&info("GRUB 2.12\0")), Some(BootLoader::Grub));
        assert_eq!(by_info(&info("x")), None);
        assert_eq!(by_info(&[6, 0, 0]), None);
        let tree =
            Tree::new().file(&LOADER_INFO[1..], info("systemd-boot 256")).file("boot/grub/grub.cfg", "");
        assert_eq!(read(&tree.host()), Fact::Known(BootLoader::SystemdBoot));
    }
}
