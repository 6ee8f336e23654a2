//! `/proc/PID/status`, as far as containers are concerned (proc_pid_status(5)).

/// What the file says; `None` for what it does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct Status {
    /// The letter of its state.
    pub(in super::super) state: Option<char>,
    /// What it is called.
    pub(in super::super) name: String,
    pub(in super::super) parent: Option<u32>,
    /// Its effective user id, by the node.
    pub(super) user: Option<u32>,
    /// Its effective group id, by the node.
    pub(super) group: Option<u32>,
    pub(super) groups: Vec<u32>,
    /// Its number in each process namespace, from the node's to its own.
    pub(in super::super) numbers: Vec<u32>,
    /// What of it is swapped out, in bytes.
    pub(super) swapped: Option<u64>,
    pub(super) effective: Option<u64>,
    pub(super) bounding: Option<u64>,
    pub(super) no_new_privileges: Option<bool>,
    pub(super) seccomp: Option<u8>,
}

impl Status {
    pub(in super::super) fn parse(text: &str) -> Self {
        let mut status = Self::default();
        for line in text.lines() {
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            let mut words = value.split_whitespace();
            match name {
                "Name" => status.name = value.to_owned(),
                "State" => status.state = value.chars().next(),
                "PPid" => status.parent = value.parse().ok(),
                "Uid" => status.user = words.nth(1).and_then(|id| id.parse().ok()),
                "Gid" => status.group = words.nth(1).and_then(|id| id.parse().ok()),
                "Groups" => status.groups = words.filter_map(|id| id.parse().ok()).collect(),
                "NSpid" => status.numbers = words.filter_map(|id| id.parse().ok()).collect(),
                "VmSwap" => status.swapped = words.next().and_then(kibibytes),
                "CapEff" => status.effective = u64::from_str_radix(value, 16).ok(),
                "CapBnd" => status.bounding = u64::from_str_radix(value, 16).ok(),
                "NoNewPrivs" => status.no_new_privileges = value.parse().ok().map(|set: u8| set == 1),
                "Seccomp" => status.seccomp = value.parse().ok(),
                _ => {}
            }
        }
        status
    }

    /// Whether it has ended and waits for its parent to notice.
    pub(in super::super) fn is_zombie(&self) -> bool {
        matches!(self.state, Some('Z' | 'X'))
    }

    /// Whether it waits for something that nothing but that can end: mostly a disk or a network file system.
    pub(super) fn is_uninterruptible(&self) -> bool {
        self.state == Some('D')
    }
}

fn kibibytes(number: &str) -> Option<u64> {
    number.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Of `sleep` in a container of docker 20.10 on Linux 6.18; shortened.
    pub(in super::super) const STATUS: &str = "Name:\tsleep\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t4242\n\
        PPid:\t4201\nUid:\t1000\t1001\t1000\t1000\nGid:\t100\t100\t100\t100\nGroups:\t10 20 \nNStgid:\t4242\t1\n\
        NSpid:\t4242\t1\nVmSwap:\t      12 kB\nThreads:\t1\nCapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\n\
        NoNewPrivs:\t1\nSeccomp:\t2\n";

    #[test]
    fn a_status_is_read_by_name() {
        let status = Status::parse(STATUS);
        assert_eq!((status.name.as_str(), status.state, status.parent), ("sleep", Some('S'), Some(4201)));
        assert_eq!((status.user, status.group), (Some(1001), Some(100)));
        assert_eq!(
            (status.groups.as_slice(), status.numbers.as_slice()),
            ([10, 20].as_slice(), [4242, 1].as_slice())
        );
        assert_eq!((status.swapped, status.bounding), (Some(12 * 1024), Some(0xa804_25fb)));
        assert_eq!((status.no_new_privileges, status.seccomp), (Some(true), Some(2)));
        assert!(!status.is_zombie() && !status.is_uninterruptible());
    }

    #[test]
    fn what_an_old_kernel_does_not_say_is_not_made_up() {
        let status =
            Status::parse("Name:\tx\nState:\tZ (zombie)\nPPid:\tx\nVmSwap:\t99999999999999999999 kB\nodd");
        assert_eq!((status.parent, status.swapped, status.seccomp), (None, None, None));
        assert!(status.is_zombie() && status.numbers.is_empty());
    }
}
