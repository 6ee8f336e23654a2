//! `/proc/PID/cgroup`: the control groups that a process is in, one in each hierarchy (cgroups(7)).

/// How much of a path is read, in bytes; the kernel's own limit is the page.
const PATH_MAX: usize = 4096;

/// The control groups of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Membership {
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    /// The controllers of version 1, or `name=…`; empty for version 2.
    controllers: String,
    path: String,
}

impl Membership {
    /// Reads the file's text; lines of another form are left out.
    pub(super) fn parse(text: &str) -> Self {
        let line = |line: &str| {
            let (_, rest) = line.split_once(':')?;
            let (controllers, path) = rest.split_once(':')?;
            let well_formed = path.starts_with('/') && path.len() <= PATH_MAX;
            well_formed.then(|| Line { controllers: controllers.to_owned(), path: path.to_owned() })
        };
        Self { lines: text.lines().filter_map(line).collect() }
    }

    /// The path in the hierarchy of version 1 that has `controller`.
    pub(super) fn v1(&self, controller: &str) -> Option<&str> {
        let has = |line: &&Line| line.controllers.split(',').any(|name| name == controller);
        self.lines.iter().find(has).map(|line| line.path.as_str())
    }

    /// The path in version 2.
    pub(super) fn v2(&self) -> Option<&str> {
        self.lines.iter().find(|line| line.controllers.is_empty()).map(|line| line.path.as_str())
    }

    /// The paths, those first that say most about containers: version 2 is used by itself or hardly at all,
    /// systemd's own hierarchy has every scope, and the others what a runtime limits.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        let told = [self.v2(), self.v1("name=systemd"), self.v1("memory"), self.v1("pids"), self.v1("cpu")];
        told.into_iter().flatten().filter(|path| *path != "/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a container of docker on a node with both versions.
    const HYBRID: &str = "9:name=systemd:/docker/x\n8:pids:/docker/x\n5:memory:/docker/x\n\
        2:cpu,cpuacct:/docker/x\n1:cpuset:/\n0::/system.slice/containerd.service\n";

    #[test]
    fn each_hierarchy_has_its_path() {
        let membership = Membership::parse(HYBRID);
        assert_eq!(membership.v1("cpuacct"), Some("/docker/x"));
        assert_eq!(membership.v1("cpuset"), Some("/"));
        assert_eq!(membership.v1("devices"), None);
        assert_eq!(membership.v2(), Some("/system.slice/containerd.service"));
        let paths: Vec<_> = membership.paths().collect();
        assert_eq!(
            paths,
            ["/system.slice/containerd.service", "/docker/x", "/docker/x", "/docker/x", "/docker/x"]
        );
    }

    #[test]
    fn of_version_2_alone_there_is_one_path() {
        let membership = Membership::parse("0::/kubepods.slice/a:b/c\n");
        assert_eq!(membership.v2(), Some("/kubepods.slice/a:b/c"));
        assert_eq!(membership.paths().count(), 1);
    }

    #[test]
    fn what_is_malformed_is_left_out() {
        for text in [
            "",
            "\n",
            "x",
            "1:memory",
            "1:memory:relative",
            "0::",
            "::",
            &format!("0::/{}", "x".repeat(9999)),
        ] {
            assert_eq!(Membership::parse(text).paths().count(), 0, "{text}");
        }
    }
}
