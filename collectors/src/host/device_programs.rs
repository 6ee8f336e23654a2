//! The BPF programs that decide which devices a control group of version 2 may use (bpf(2)). No maintained crate
//! offers the three calls in safe Rust, and none of them changes anything.
#![allow(unsafe_code, reason = "bpf(2) has no safe interface")]

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use rustix::io::Errno;

use super::{Dir, HostError, HostErrorKind};

/// What decides about devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceAccess {
    /// No program does: every device may be used.
    NoProgram,
    /// Programs that let everything through.
    Everything,
    /// A program that looks at the device.
    Decided,
}

/// The commands of bpf(2), from linux/bpf.h.
const PROG_GET_FD_BY_ID: libc::c_long = 13;
const OBJ_GET_INFO_BY_FD: libc::c_long = 15;
const PROG_QUERY: libc::c_long = 16;

/// The attachment for devices, `BPF_CGROUP_DEVICE`.
const CGROUP_DEVICE: u32 = 6;

/// Asks for the programs of the groups above, too: `BPF_F_QUERY_EFFECTIVE`.
const EFFECTIVE: u32 = 1;

/// How many programs are looked at: one for each group on the way, and a few more of systemd's.
const MAX_PROGRAMS: usize = 64;

/// How many instructions are looked at: of what lets everything through there are a few.
const MAX_INSTRUCTIONS: usize = 64;

/// The parts of `union bpf_attr` that are given to the commands, in the kernel's layout.
#[repr(C)]
struct Query {
    target_fd: u32,
    attach_type: u32,
    query_flags: u32,
    attach_flags: u32,
    prog_ids: u64,
    prog_cnt: u32,
    pad: u32,
}

#[repr(C)]
struct ById {
    id: u32,
    next_id: u32,
    open_flags: u32,
}

#[repr(C)]
struct InfoOf {
    bpf_fd: u32,
    info_len: u32,
    info: u64,
}

/// The beginning of `struct bpf_prog_info`.
#[repr(C)]
#[derive(Default)]
struct ProgInfo {
    kind: u32,
    id: u32,
    tag: [u8; 8],
    jited_len: u32,
    xlated_len: u32,
    jited: u64,
    xlated: u64,
}

/// An instruction: its code, its registers, an offset and an immediate value.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Instruction {
    code: u8,
    registers: u8,
    offset: i16,
    immediate: i32,
}

impl Dir {
    /// What decides which devices the processes of the control group of version 2 may use whose directory this is.
    ///
    /// # Errors
    ///
    /// If the kernel does not tell: it takes root's rights, and a kernel with `CONFIG_CGROUP_BPF`.
    pub fn device_access(&self) -> Result<DeviceAccess, HostError> {
        self.decide().map_err(|errno| HostError {
            path: self.path.display().to_string(),
            kind: HostErrorKind::from(errno),
        })
    }

    fn decide(&self) -> Result<DeviceAccess, Errno> {
        let programs = self.device_programs()?;
        if programs.is_empty() {
            return Ok(DeviceAccess::NoProgram);
        }
        for program in programs {
            if !lets_everything_through(&instructions(program)?) {
                return Ok(DeviceAccess::Decided);
            }
        }
        Ok(DeviceAccess::Everything)
    }

    /// The ids of the programs.
    fn device_programs(&self) -> Result<Vec<u32>, Errno> {
        let mut ids = vec![0_u32; MAX_PROGRAMS];
        let mut query = Query {
            target_fd: self.fd.as_raw_fd().cast_unsigned(),
            attach_type: CGROUP_DEVICE,
            query_flags: EFFECTIVE,
            attach_flags: 0,
            prog_ids: ids.as_mut_ptr() as u64,
            prog_cnt: u32::try_from(MAX_PROGRAMS).unwrap_or(0),
            pad: 0,
        };
        // SAFETY: `Query` has the layout of this command, and `ids` has room for `prog_cnt` numbers; both outlive the
        // call, after which the kernel keeps nothing.
        unsafe { bpf(PROG_QUERY, &mut query) }?;
        ids.truncate(query.prog_cnt as usize);
        Ok(ids)
    }
}

/// The first instructions of the program `id`, as the kernel's verifier left them.
fn instructions(id: u32) -> Result<Vec<Instruction>, Errno> {
    let mut by_id = ById { id, next_id: 0, open_flags: 0 };
    // SAFETY: `ById` has the layout of this command and outlives the call.
    let fd = unsafe { bpf(PROG_GET_FD_BY_ID, &mut by_id) }?;
    // SAFETY: the kernel has just opened it for nobody else.
    let program = unsafe { OwnedFd::from_raw_fd(fd) };
    let mut found = vec![Instruction::default(); MAX_INSTRUCTIONS];
    let room = size_of::<Instruction>() * found.len();
    let mut info = ProgInfo {
        xlated_len: u32::try_from(room).unwrap_or(0),
        xlated: found.as_mut_ptr() as u64,
        ..ProgInfo::default()
    };
    let mut info_of = InfoOf {
        bpf_fd: program.as_raw_fd().cast_unsigned(),
        info_len: u32::try_from(size_of::<ProgInfo>()).unwrap_or(0),
        info: (&raw mut info) as u64,
    };
    // SAFETY: `InfoOf` has the layout of this command; `info` is `info_len` bytes, and `found` has room for
    // `xlated_len` bytes of plain integers. All outlive the call, after which the kernel keeps nothing.
    unsafe { bpf(OBJ_GET_INFO_BY_FD, &mut info_of) }?;
    found.truncate(info.xlated_len as usize / size_of::<Instruction>());
    // Kept from this process, though there must be some.
    if found.is_empty() || info.xlated == 0 { Err(Errno::PERM) } else { Ok(found) }
}

/// Whether the program answers with yes before it looks at anything: what runtimes make of a list that allows all.
fn lets_everything_through(program: &[Instruction]) -> bool {
    let mut answer = None;
    for Instruction { code, registers, immediate, .. } in program {
        let is_to_answer = registers & 0x0f == 0;
        match (code, code & 0x07) {
            // exit
            (0x95, _) => return answer.is_some_and(|answer| answer != 0),
            // The answer is set to a number.
            (0xb7 | 0xb4, _) if is_to_answer => answer = Some(*immediate),
            // A jump or a call.
            (_, 0x05 | 0x06) => return false,
            // Whatever else is written to the answer; stores write to memory.
            (_, 0x00 | 0x01 | 0x04 | 0x07) if is_to_answer => answer = None,
            _ => {}
        }
    }
    false
}

/// # Safety
///
/// `attributes` has to be what `command` takes, in the kernel's layout, with pointers that are valid for the call.
unsafe fn bpf<T>(command: libc::c_long, attributes: &mut T) -> Result<i32, Errno> {
    let size = libc::c_ulong::try_from(size_of::<T>()).unwrap_or(0);
    // SAFETY: the caller vouches for the attributes, whose size is given.
    let answer = unsafe { libc::syscall(libc::SYS_bpf, command, std::ptr::from_mut(attributes), size) };
    match i32::try_from(answer) {
        Ok(answer) if answer >= 0 => Ok(answer),
        _ => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instruction(code: u8, registers: u8, immediate: i32) -> Instruction {
        Instruction { code, registers, immediate, offset: 0 }
    }

    #[test]
    fn only_a_yes_without_a_question_lets_everything_through() {
        let (load, yes, no) = (instruction(0x61, 0x12, 0), instruction(0xb7, 0, 1), instruction(0xb7, 0, 0));
        let (exit, jump) = (instruction(0x95, 0, 0), instruction(0x55, 0x02, 2));
        assert!(lets_everything_through(&[load, yes, exit]));
        assert!(lets_everything_through(&[yes, exit, jump, no, exit]));
        for program in [[load, no, exit].as_slice(), &[load, jump, yes, exit], &[load, yes], &[]] {
            assert!(!lets_everything_through(program), "{program:?}");
        }
    }
}
