//! What starts the system, and from where: the init program, systemd's version, the boot loader.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{Host, HostError};
use crate::listing::names;
use plimsoll_engine::snapshot::GapReason;

/// The program that starts all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Init {
    /// systemd.
    Systemd,
    /// OpenRC, under whatever program has process number 1.
    Openrc,
    /// sysvinit.
    Sysvinit,
    /// Something else.
    Other,
}

/// Directories that hold systemd's shared library, beside those of Debian's multiarch (`/usr/lib/*/systemd`).
const LIBRARY_DIRECTORIES: [&str; 3] = ["/usr/lib/systemd", "/lib/systemd", "/usr/lib64/systemd"];

/// The init program: on a running node the one that runs, else the one that `/sbin/init` stands for; absent
/// if the root has none.
pub(crate) fn init(ctx: &Context<'_>) -> Fact<Init> {
    if ctx.host.is_running() { running(ctx.host) } else { installed(ctx.host) }
}

fn running(host: &Host) -> Fact<Init> {
    // What sd_booted(3) and OpenRC themselves look for.
    for (directory, init) in [("/run/systemd/system", Init::Systemd), ("/run/openrc", Init::Openrc)] {
        match host.exists(directory) {
            Ok(true) => return Fact::Known(init),
            Ok(false) => {}
            Err(error) => return Fact::Gap(error.into()),
        }
    }
    Fact::from(host.read_text("/proc/1/comm")).and_then(|name| match name.trim() {
        "systemd" => Fact::Known(Init::Systemd),
        "openrc-init" => Fact::Known(Init::Openrc),
        // Many programs call themselves so; the file is the one that was started.
        "init" => installed(host).or_absent(Init::Other),
        _ => Fact::Known(Init::Other),
    })
}

fn installed(host: &Host) -> Fact<Init> {
    Fact::from(host.canonicalize("/sbin/init")).and_then(|program| {
        let name = program.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let there = |path: &str| host.exists(path).map_err(Unknown::from);
        let by_file =
            |path: &str, init: Init| Fact::from(there(path).map(|is| if is { init } else { Init::Other }));
        match name.as_str() {
            "systemd" => Fact::Known(Init::Systemd),
            "openrc-init" => Fact::Known(Init::Openrc),
            "busybox" => by_file("/sbin/openrc", Init::Openrc),
            // sysvinit's own program is called so, and has its table; OpenRC runs from that, too.
            "init" => match there("/sbin/openrc") {
                Ok(true) => Fact::Known(Init::Openrc),
                Ok(false) => by_file("/etc/inittab", Init::Sysvinit),
                Err(unknown) => Fact::Gap(unknown),
            },
            _ => Fact::Known(Init::Other),
        }
    })
}

/// systemd's version: the number in the name of its shared library, `libsystemd-shared-252.so`; absent
/// without systemd.
pub(super) fn systemd_version(host: &Host) -> Fact<u32> {
    match library_version(host) {
        Ok(Some(version)) => Fact::Known(version),
        Ok(None) => match host
            .exists("/usr/lib/systemd/systemd")
            .and_then(|usr| Ok(usr || host.exists("/lib/systemd/systemd")?))
        {
            Ok(false) => Fact::Absent,
            Ok(true) => {
                let detail = "systemd is installed without a shared library that names its version";
                Fact::Gap(Unknown::new(GapReason::Unsupported, LIBRARY_DIRECTORIES[0], detail))
            }
            Err(error) => Fact::Gap(error.into()),
        },
        Err(error) => Fact::Gap(error.into()),
    }
}

fn library_version(host: &Host) -> Result<Option<u32>, HostError> {
    for directory in LIBRARY_DIRECTORIES {
        if let Some(version) = names(host, directory)?.iter().find_map(|name| version_in(name)) {
            return Ok(Some(version));
        }
    }
    for triplet in names(host, "/usr/lib")?.iter().filter(|name| name.contains("-linux-")) {
        let directory = format!("/usr/lib/{triplet}/systemd");
        if let Some(version) = names(host, &directory)?.iter().find_map(|name| version_in(name)) {
            return Ok(Some(version));
        }
    }
    Ok(None)
}

fn version_in(name: &str) -> Option<u32> {
    let rest = name.strip_prefix("libsystemd-shared-").filter(|rest| rest.ends_with(".so"))?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn the_init_that_is_installed() {
        let debian = Tree::new().link("sbin/init", "/lib/systemd/systemd").file("lib/systemd/systemd", "");
        assert_eq!(installed(&debian.host()), Fact::Known(Init::Systemd));
        let alpine =
            Tree::new().link("sbin/init", "/bin/busybox").file("bin/busybox", "").file("sbin/openrc", "");
        assert_eq!(installed(&alpine.host()), Fact::Known(Init::Openrc));
        let sysv = Tree::new().file("sbin/init", "").file("etc/inittab", "");
        assert_eq!(installed(&sysv.host()), Fact::Known(Init::Sysvinit));
        assert_eq!(installed(&sysv.file("sbin/openrc", "").host()), Fact::Known(Init::Openrc));
        let talos = Tree::new().file("sbin/init", "");
        assert_eq!(installed(&talos.host()), Fact::Known(Init::Other));
        assert_eq!(installed(&Tree::new().host()), Fact::Absent);
    }

    #[test]
    fn the_init_that_runs() {
        let comm = |name: &str| Tree::new().file("proc/1/comm", format!("{name}\n"));
        assert_eq!(running(&comm("systemd").host()), Fact::Known(Init::Systemd));
        assert_eq!(running(&comm("tini").host()), Fact::Known(Init::Other));
        assert_eq!(running(&comm("init").host()), Fact::Known(Init::Other));
        assert_eq!(
            running(&comm("init").file("sbin/init", "").file("etc/inittab", "").host()),
            Fact::Known(Init::Sysvinit)
        );
        assert_eq!(running(&comm("init").dir("run/openrc").host()), Fact::Known(Init::Openrc));
        assert_eq!(running(&comm("init").dir("run/systemd/system").host()), Fact::Known(Init::Systemd));
    }

    #[test]
    fn the_librarys_name_holds_systemds_version() {
        let version = |path: &str| {
            systemd_version(&Tree::new().file("usr/lib/systemd/systemd", "").file(path, "").host())
        };
        assert_eq!(version("usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so"), Fact::Known(252));
        assert_eq!(version("usr/lib/systemd/libsystemd-shared-252-46.el9_5.2.so"), Fact::Known(252));
        assert_eq!(version("usr/lib64/systemd/libsystemd-shared-256.11-1.fc41.so"), Fact::Known(256));
        assert!(
            matches!(version("usr/lib/systemd/other.so"), Fact::Gap(unknown) if unknown.reason == GapReason::Unsupported)
        );
        assert_eq!(systemd_version(&Tree::new().host()), Fact::Absent);
    }
}
