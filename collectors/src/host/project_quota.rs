//! What the kernel counts for project quotas (quotactl(2), ioctl_xfs_fsgetxattr(2)).
//!
//! An xfs or ext4 that is mounted with `prjquota` knows at any time how much the files of a project take, which
//! a walk over them would have to add up. No maintained crate offers these calls in safe Rust.
#![allow(unsafe_code, reason = "quotactl_fd(2) and FS_IOC_FSGETXATTR have no safe interface")]

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::ioctl::{Getter, ioctl, opcode};

use super::{Host, HostError, HostErrorKind, read};

/// What the files of a project take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectUsage {
    /// The space, in bytes.
    pub bytes: u64,
    /// The inodes.
    pub inodes: u64,
}

/// `struct fsxattr` of linux/fs.h.
#[repr(C)]
struct FsXattr {
    xflags: u32,
    extsize: u32,
    nextents: u32,
    projid: u32,
    cowextsize: u32,
    pad: [u8; 8],
}

/// `FS_IOC_FSGETXATTR` of linux/fs.h.
const GET_XATTR: rustix::ioctl::Opcode = opcode::read::<FsXattr>(b'X', 31);

/// `struct fs_disk_quota` of linux/dqblk_xfs.h, up to what is read of it.
#[repr(C)]
#[derive(Default)]
struct FsDiskQuota {
    version: i8,
    flags: i8,
    fieldmask: u16,
    id: u32,
    limits: [u64; 4],
    /// In units of 512 bytes.
    bcount: u64,
    icount: u64,
    rest: [u64; 7],
}

/// How large `struct fs_disk_quota` is.
const _: () = assert!(size_of::<FsDiskQuota>() == 112);

/// `QCMD(Q_XGETQUOTA, PRJQUOTA)` of linux/quota.h and linux/dqblk_xfs.h.
const GET_PROJECT_QUOTA: libc::c_uint = (((b'X' as libc::c_uint) << 8) + 3) << 8 | 2;

/// The unit of `bcount`, in bytes.
const BASIC_BLOCK: u64 = 512;

impl Host {
    /// What the files of the project take that the directory `path` belongs to. `None` if it belongs to none,
    /// to the one that the directory `above` belongs to as well, which is not its own then, or if this process
    /// is not told: what the kernel counts is for those who may administer it.
    ///
    /// # Errors
    ///
    /// If one of the directories cannot be opened.
    pub fn project_usage(
        &self,
        path: impl AsRef<Path>,
        above: impl AsRef<Path>,
    ) -> Result<Option<ProjectUsage>, HostError> {
        let open = |path: &Path| {
            self.inspect(path, OFlags::PATH, |fd| -> Result<_, HostErrorKind> {
                Ok(read::open_listing(fd.as_fd())?)
            })
        };
        let directory = open(path.as_ref())?;
        let Some(own) = project(directory.as_fd()).filter(|own| *own != 0) else { return Ok(None) };
        let is_shared = project(open(above.as_ref())?.as_fd()) == Some(own);
        Ok(if is_shared { None } else { usage(directory.as_fd(), own) })
    }
}

/// The project that the directory belongs to; `None` if its file system has none.
fn project(directory: BorrowedFd<'_>) -> Option<u32> {
    // SAFETY: the operation code is the one of this structure, which consists of integers only.
    let getter = unsafe { Getter::<GET_XATTR, FsXattr>::new() };
    // SAFETY: the kernel writes one such structure, and takes nothing else.
    let answer: Result<FsXattr, Errno> = unsafe { ioctl(directory, getter) };
    answer.ok().map(|attributes| attributes.projid)
}

/// What the project takes on the file system of `directory`; `None` if the kernel does not say: before Linux 5.14,
/// without the right, and where quotas are off.
fn usage(directory: BorrowedFd<'_>, project: u32) -> Option<ProjectUsage> {
    let mut quota = FsDiskQuota::default();
    // SAFETY: the kernel writes one `struct fs_disk_quota` to the pointer, which is valid for the call and
    // as large, and keeps nothing; the command reads only.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_quotactl_fd,
            directory.as_raw_fd(),
            GET_PROJECT_QUOTA,
            project,
            &raw mut quota,
        )
    };
    let is_of_project = answer == 0 && quota.id == project;
    let bytes = quota.bcount.saturating_mul(BASIC_BLOCK);
    is_of_project.then_some(ProjectUsage { bytes, inodes: quota.icount })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn what_is_of_no_project_is_not_told() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::create_dir(tree.path().join("layer")).unwrap();
        let host = Host::at(tree.path()).unwrap();
        assert_eq!(host.project_usage("/layer", "/"), Ok(None));
        assert_eq!(host.project_usage("/none", "/").unwrap_err().kind, HostErrorKind::NotFound);
    }

    fn run(program: &str, arguments: &[&str]) {
        let output = Command::new(program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Unmounts what was mounted, whatever became of the test.
    struct Mounted(String);

    impl Drop for Mounted {
        fn drop(&mut self) {
            drop(Command::new("umount").arg(&self.0).status());
        }
    }

    #[test]
    #[ignore = "mounts an xfs: needs root, loop devices, mkfs.xfs and xfs_quota"]
    fn an_xfs_counts_what_the_files_of_a_project_take() {
        let tree = tempfile::tempdir().unwrap();
        let (image, target) = (tree.path().join("image"), tree.path().join("mnt"));
        std::fs::create_dir(&target).unwrap();
        let (image, target) = (image.to_str().unwrap(), target.to_str().unwrap());
        run("truncate", &["-s", "320M", image]);
        run("mkfs.xfs", &["-q", image]);
        run("mount", &["-o", "loop,pquota", image, target]);
        let mounted = Mounted(target.to_owned());
        for directory in ["a/diff", "b/diff", "plain/diff"] {
            run("mkdir", &["-p", &format!("{target}/{directory}")]);
        }
        for (project, directory) in [("7", "a"), ("8", "b")] {
            let command = format!("project -s -p {target}/{directory} {project}");
            run("xfs_quota", &["-x", "-c", &command, target]);
        }
        std::fs::write(format!("{target}/a/diff/data"), vec![1; 1 << 20]).unwrap();
        run("sync", &[]);
        let host = Host::at(Path::new(&mounted.0)).unwrap();
        let usage = host.project_usage("/a/diff", "/").unwrap().unwrap();
        assert_eq!((usage.bytes, usage.inodes), (1 << 20, 3));
        assert_eq!(host.project_usage("/b/diff", "/").unwrap(), Some(ProjectUsage { bytes: 0, inodes: 2 }));
        assert_eq!(host.project_usage("/plain/diff", "/").unwrap(), None);
        assert_eq!(host.project_usage("/a/diff", "/a").unwrap(), None, "one project for several layers");
    }
}
