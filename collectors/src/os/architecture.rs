//! The processor architecture that the system is made for.

use plimsoll_engine::snapshot::GapReason;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{Host, HostErrorKind};

/// Programs of which every system has one.
const PROGRAMS: [&str; 6] = [
    "/bin/sh",
    "/sbin/init",
    "/usr/bin/env",
    "/bin/busybox",
    "/usr/lib/systemd/systemd",
    "/usr/bin/containerd",
];

/// A program's size at most, in bytes.
const CAP: usize = 128 << 20;

/// The machine's name as `uname -m` has it. A running node's kernel is this process's; of a node that does
/// not run a program's header tells.
pub(super) fn read(ctx: &Context<'_>) -> Fact<String> {
    if ctx.host.is_running() {
        return Fact::Known(rustix::system::uname().machine().to_string_lossy().into_owned());
    }
    of_programs(ctx.host).into()
}

fn of_programs(host: &Host) -> Result<String, Unknown> {
    let mut problem = None;
    for program in PROGRAMS {
        match host.read_capped(program, CAP) {
            Ok(bytes) => match machine(&bytes) {
                Some(machine) => return Ok(machine),
                None => {
                    problem =
                        problem.or(Some(Unknown::malformed(program, format!("{program}: is no ELF file"))))
                }
            },
            Err(error) if error.kind == HostErrorKind::NotFound => {}
            Err(error) => problem = problem.or(Some(error.into())),
        }
    }
    Err(problem.unwrap_or_else(|| {
        let detail = format!("none of {} is there", PROGRAMS.join(", "));
        Unknown::new(GapReason::Failed, PROGRAMS[0], detail)
    }))
}

/// What the header of an ELF file says (`e_machine` of elf(5)); `None` if it is none.
fn machine(file: &[u8]) -> Option<String> {
    let header = file.get(..20).filter(|header| header.starts_with(b"\x7fELF"))?;
    let little = header[5] == 1;
    let number = [header[18], header[19]];
    let number = if little { u16::from_le_bytes(number) } else { u16::from_be_bytes(number) };
    Some(match (number, little) {
        (3, _) => "i686".to_owned(),
        (21, true) => "ppc64le".to_owned(),
        (21, false) => "ppc64".to_owned(),
        (22, _) => "s390x".to_owned(),
        (40, _) => "armv7l".to_owned(),
        (62, _) => "x86_64".to_owned(),
        (183, _) => "aarch64".to_owned(),
        (243, _) => "riscv64".to_owned(),
        (258, _) => "loongarch64".to_owned(),
        (other, _) => format!("elf-{other}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn elf(data: u8, machine: [u8; 2]) -> Vec<u8> {
        let mut header = b"\x7fELF\x02".to_vec();
        header.push(data);
        header.extend([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0]);
        header.extend(machine);
        header
    }

    #[test]
    fn the_header_of_the_first_program_tells() {
        let tree = Tree::new().file("bin/sh", "#!script").file("sbin/init", elf(1, [183, 0]));
        assert_eq!(of_programs(&tree.host()).unwrap(), "aarch64");
        assert_eq!(machine(&elf(1, [62, 0])).unwrap(), "x86_64");
        assert_eq!(machine(&elf(2, [0, 22])).unwrap(), "s390x");
        assert_eq!(machine(&elf(1, [21, 0])).unwrap(), "ppc64le");
        assert_eq!(machine(&elf(1, [1, 1])).unwrap(), "elf-257");
    }

    #[test]
    fn no_program_is_unknown() {
        assert_eq!(of_programs(&Tree::new().host()).unwrap_err().reason, GapReason::Failed);
        let script = Tree::new().file("bin/sh", "\x7fELF");
        assert_eq!(of_programs(&script.host()).unwrap_err().reason, GapReason::Malformed);
    }

    #[test]
    fn this_machines_own_programs_agree_with_its_kernel() {
        let machine = of_programs(&Host::live().unwrap()).unwrap();
        assert_eq!(machine, rustix::system::uname().machine().to_str().unwrap());
    }
}
