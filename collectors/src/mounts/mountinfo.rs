//! `/proc/PID/mountinfo` (proc_pid_mountinfo(5)).

use std::borrow::Cow;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::Unknown;
use crate::host::{Host, HostError};

use super::octal::unescape;

/// The most that is read, in bytes: some hundred thousand mounts.
const CAP: usize = 64 << 20;

/// A line of mountinfo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MountInfo<'t> {
    /// The mount's number.
    pub(crate) id: u64,
    /// The number of the mount that it is mounted in.
    pub(crate) parent: u64,
    /// The device, `MAJOR:MINOR`.
    pub(crate) device: &'t str,
    /// The directory of the file system that is mounted: `/`, or that of a bind mount.
    pub(crate) root: Cow<'t, str>,
    /// Where it is mounted, seen from the process's root.
    pub(crate) target: Cow<'t, str>,
    /// The mount's own options, as the kernel joins them.
    pub(crate) options: &'t str,
    /// Where mounts below it spread to.
    pub(crate) propagation: Propagation,
    /// The type, with its subtype: `ext4`, `fuse.sshfs`.
    pub(crate) fs_type: Cow<'t, str>,
    /// The device, the remote directory, or any word.
    pub(crate) source: Cow<'t, str>,
    /// The file system's options, as the kernel joins them.
    pub(crate) super_options: &'t str,
}

/// Where mounts and unmounts below a mount spread to (mount_namespaces(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Propagation {
    /// To all mounts of its peer group, and from them.
    Shared,
    /// From its master, and to nobody.
    Slave,
    /// Nowhere.
    Private,
    /// Nowhere, and it cannot be bind-mounted either.
    Unbindable,
}

/// A line that is no line of mountinfo.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {number}: {problem}: {text:?}")]
pub(crate) struct Malformed {
    /// Its number, from 1.
    number: usize,
    /// What is wrong with it.
    problem: &'static str,
    /// The line, cut at 200 characters.
    text: String,
}

/// The file that holds the mounts of the target: this process's own if it shares the target's root, or
/// else those of the target's first process.
pub(crate) fn file(host: &Host) -> &'static str {
    if host.is_own_root() { "/proc/self/mountinfo" } else { "/proc/1/mountinfo" }
}

/// The text of [`file`], read once per scan.
struct Text(Result<Arc<str>, HostError>);

/// The text of [`file`].
pub(crate) fn read(host: &Host) -> Result<Arc<str>, HostError> {
    host.once(|| Text(read_now(host))).0.clone()
}

/// The text of [`file`] as it is now, for whoever wants to know what changed since the scan began.
pub(crate) fn read_now(host: &Host) -> Result<Arc<str>, HostError> {
    host.read_capped(file(host), CAP).map(|bytes| String::from_utf8_lossy(&bytes).into())
}

/// The lines of a mountinfo, in order. A line that is malformed does not hide the others.
pub(crate) fn parse(text: &str) -> impl Iterator<Item = Result<MountInfo<'_>, Malformed>> {
    text.lines().enumerate().map(|(index, line)| {
        parse_line(line).map_err(|problem| Malformed {
            number: index + 1,
            problem,
            text: line.chars().take(200).collect(),
        })
    })
}

/// `36 35 98:0 /root /target rw,noatime shared:1 - ext3 /dev/root rw,errors=continue`
fn parse_line(line: &str) -> Result<MountInfo<'_>, &'static str> {
    let mut fields = line.split(' ');
    let mut next = || fields.next().ok_or("a field is missing");
    let id = next()?.parse().map_err(|_| "the mount's number is not a number")?;
    let parent = next()?.parse().map_err(|_| "the parent's number is not a number")?;
    let device = next()?;
    if !is_device(device) {
        return Err("the device is not of the form MAJOR:MINOR");
    }
    let root = unescape(next()?);
    let target = unescape(next()?);
    let options = next()?;
    let mut propagation = Propagation::Private;
    loop {
        match next()? {
            "-" => break,
            field => propagation = propagation.with(field),
        }
    }
    let fs_type = unescape(next()?);
    let source = unescape(next()?);
    let super_options = next()?;
    if fields.next().is_some() {
        return Err("there are more fields than mountinfo has");
    }
    Ok(MountInfo { id, parent, device, root, target, options, propagation, fs_type, source, super_options })
}

fn is_device(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(major, minor)| major.parse::<u32>().is_ok() && minor.parse::<u32>().is_ok())
}

impl Propagation {
    /// With what one of the optional fields says. A mount that is a slave and shared at once passes
    /// mounts on, so it counts as shared.
    fn with(self, field: &str) -> Self {
        match field.split_once(':').map_or(field, |(tag, _)| tag) {
            "shared" => Self::Shared,
            "master" if self == Self::Private => Self::Slave,
            "unbindable" => Self::Unbindable,
            // `propagate_from` accompanies `master`, and the kernel may add others.
            _ => self,
        }
    }
}

impl MountInfo<'_> {
    /// Whether nothing can be written: the mount or its file system is read-only.
    pub(crate) fn is_read_only(&self) -> bool {
        let read_only = |options| split_options(options).any(|option| option == "ro");
        read_only(self.options) || read_only(self.super_options)
    }

    /// Whether the file system has the option `name`, with or without a value.
    pub(crate) fn has_super_option(&self, name: &str) -> bool {
        split_options(self.super_options).any(|option| option.split('=').next() == Some(name))
    }
}

/// The options that the kernel joined with commas, in their order. A comma inside double quotes, as in
/// SELinux's `context="u:r:t:s0:c1,c2"`, does not separate.
pub(crate) fn split_options(joined: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let mut quoted = false;
    joined
        .split(move |c| {
            quoted ^= c == '"';
            c == ',' && !quoted
        })
        .map(unescape)
}

impl Malformed {
    /// The gap that takes the line's place; `file` is the one that holds it.
    pub(crate) fn gap(&self, file: &str) -> Unknown {
        Unknown::malformed(file, self.to_string())
    }

    /// Whether the line is likely to be about a file system of type `fs_type`.
    pub(crate) fn mentions(&self, fs_type: &str) -> bool {
        self.text.contains(fs_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> MountInfo<'_> {
        parse(line).next().unwrap().unwrap()
    }

    fn options(joined: &str) -> Vec<String> {
        split_options(joined).map(Cow::into_owned).collect()
    }

    #[test]
    fn a_line_with_all_optional_fields() {
        let mount = one(
            "40 29 0:35 / /run/lock rw,nosuid shared:5 master:1 propagate_from:2 - tmpfs tmpfs rw,size=5120k",
        );
        assert_eq!((mount.id, mount.parent, mount.device), (40, 29, "0:35"));
        assert_eq!((mount.target.as_ref(), mount.fs_type.as_ref()), ("/run/lock", "tmpfs"));
        assert_eq!((mount.options, mount.super_options), ("rw,nosuid", "rw,size=5120k"));
        assert_eq!(mount.propagation, Propagation::Shared);
    }

    #[test]
    fn propagation_of_every_kind() {
        let of = |optional: &str| one(&format!("1 0 8:1 / / rw {optional}- ext4 /dev/sda1 rw")).propagation;
        assert_eq!(of(""), Propagation::Private);
        assert_eq!(of("master:3 "), Propagation::Slave);
        assert_eq!(of("master:3 propagate_from:2 "), Propagation::Slave);
        assert_eq!(of("shared:7 master:3 "), Propagation::Shared);
        assert_eq!(of("unbindable "), Propagation::Unbindable);
        assert_eq!(of("novel:9 "), Propagation::Private);
    }

    #[test]
    fn escapes_are_decoded_and_an_empty_source_stays_empty() {
        let mount = one(r"90 29 0:50 / /mnt/two\040words\012more rw - fuse.my\040fs  rw,user_id=0");
        assert_eq!(mount.target, "/mnt/two words\nmore");
        assert_eq!((mount.fs_type.as_ref(), mount.source.as_ref()), ("fuse.my fs", ""));
    }

    #[test]
    fn options_keep_their_order_and_repetition() {
        assert_eq!(
            options("rw,lowerdir+=/l/B,lowerdir+=/l/A,upperdir=/u\\054v,index=off"),
            ["rw", "lowerdir+=/l/B", "lowerdir+=/l/A", "upperdir=/u,v", "index=off"]
        );
        assert_eq!(
            options(r#"rw,context="system_u:object_r:container_file_t:s0:c1,c2",size=64k"#),
            ["rw", r#"context="system_u:object_r:container_file_t:s0:c1,c2""#, "size=64k"]
        );
    }

    #[test]
    fn a_read_only_mount_or_file_system_is_read_only() {
        assert!(one("1 0 8:1 / / ro,relatime - ext4 /dev/sda1 rw").is_read_only());
        assert!(one("1 0 8:1 / / rw,relatime - ext4 /dev/sda1 ro,errors=remount-ro").is_read_only());
        assert!(!one("1 0 8:1 / / rw,relatime - ext4 /dev/sda1 rw,errors=remount-ro").is_read_only());
    }

    #[test]
    fn a_malformed_line_is_an_error_and_hides_no_other() {
        let text = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n\
                    2 1 8:1 / /x rw shared:1\n\
                    \n\
                    x 1 8:1 / /x rw - ext4 a rw\n\
                    2 1 8:sda / /x rw - ext4 a rw\n\
                    2 1 8:1 / /x y rw - ext4 a rw z\n\
                    3 1 8:2 / /y rw - xfs /dev/sda2 rw\n";
        let lines: Vec<_> = parse(text).collect();
        assert_eq!(lines.iter().filter(|line| line.is_ok()).count(), 2);
        assert_eq!(
            lines[1].as_ref().unwrap_err().to_string(),
            r#"line 2: a field is missing: "2 1 8:1 / /x rw shared:1""#
        );
        assert!(lines[3].is_err() && lines[4].is_err() && lines[5].is_err());
        assert_eq!(lines[6].as_ref().unwrap().target, "/y");
    }

    #[test]
    fn what_is_quoted_from_a_malformed_line_is_short() {
        let error = parse(&"é".repeat(100_000)).next().unwrap().unwrap_err();
        assert!(error.to_string().len() < 600);
    }
}
