//! A podman with a store of the test's own, in a directory that goes away with it.

use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

/// What every container is started with: limits that every machine grants, and no network of its own.
const RUN: [&str; 5] = [
    "run",
    "--net=host",
    "--ulimit=nofile=1024:1024",
    "--ulimit=nproc=1024:1024",
    "--security-opt=seccomp=unconfined",
];

/// A node's root directory that holds a store where podman has it, and nothing else.
pub(crate) struct Node {
    directory: TempDir,
}

impl Node {
    /// A store of three images, each upon the other, with a container of each that ended.
    pub(crate) fn new() -> Self {
        let node = Self { directory: tempfile::tempdir().unwrap() };
        let tree = node.directory.path().join("tree");
        for directory in ["bin", "etc", "proc", "sys", "dev", "tmp"] {
            std::fs::create_dir_all(tree.join(directory)).unwrap();
        }
        std::fs::copy("/bin/busybox", tree.join("bin/busybox")).expect("busybox-static is installed");
        std::fs::write(tree.join("etc/motd"), "hello\n").unwrap();
        let archive = node.directory.path().join("base.tar");
        run(Command::new("tar").arg("-C").arg(&tree).arg("-cf").arg(&archive).arg("."));
        node.fill();
        std::fs::create_dir_all(node.root().join("usr/bin")).unwrap();
        // What a finding advises depends on the programs that the node has.
        std::fs::copy("/bin/true", node.root().join("usr/bin/podman")).unwrap();
        node
    }

    /// Makes the images and the containers.
    pub(crate) fn fill(&self) {
        let archive = self.directory.path().join("base.tar");
        self.podman(&["import", archive.to_str().unwrap(), "bb:1"]);
        self.container("c1", 1, "echo a > /etc/a; /bin/busybox dd if=/dev/zero of=/big bs=1k count=200");
        self.podman(&["commit", "--quiet", "c1", "bb:2"]);
        self.container("c2", 2, "echo b > /etc/b; /bin/busybox rm /etc/a; /bin/busybox ln /etc/b /etc/c");
        self.podman(&["commit", "--quiet", "c2", "bb:3"]);
        self.container("c3", 3, "exit 0");
    }

    /// Runs a container of `localhost/bb:<image>` to its end.
    pub(crate) fn container(&self, name: &str, image: u8, command: &str) {
        let image = format!("localhost/bb:{image}");
        let arguments = ["--name", name, &image, "/bin/busybox", "sh", "-c", command];
        self.podman(&[&RUN[..], &arguments].concat());
    }

    /// Starts a container that runs until the node is dropped.
    pub(crate) fn running(&self, name: &str) {
        let arguments = ["--detach", "--name", name, "localhost/bb:3", "/bin/busybox", "sleep", "10000"];
        self.podman(&[&RUN[..], &arguments].concat());
    }

    /// The node's root.
    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().join("node")
    }

    /// The store.
    pub(crate) fn store(&self) -> PathBuf {
        self.root().join("var/lib/containers/storage")
    }

    /// What podman says.
    pub(crate) fn podman(&self, arguments: &[&str]) -> String {
        let output = self.try_podman(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "podman {arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What podman says, or how it fails.
    pub(crate) fn try_podman(&self, arguments: &[&str]) -> Output {
        Command::new("sh")
            .arg("-c")
            .arg(format!("{} \"$@\"", self.command()))
            .arg("podman")
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Runs commands that are meant for the node: `podman` is that of this store, whose files they name as
    /// the node does.
    pub(crate) fn shell(&self, commands: &str) {
        let store = self.store();
        let commands = commands.replace("/var/lib/containers/storage", store.to_str().unwrap());
        let script = format!("set -e\npodman() {{ {} \"$@\"; }}\n{commands}", self.command());
        run(Command::new("bash").arg("-c").arg(script));
    }

    fn command(&self) -> String {
        let path = |name: &str| self.directory.path().join(name).display().to_string();
        format!(
            "command podman --root {} --runroot {} --tmpdir {} --storage-driver overlay --runtime runc \
             --cgroup-manager cgroupfs --events-backend file",
            self.store().display(),
            path("node/run/containers/storage"),
            path("libpod"),
        )
    }

    /// Gives the node this machine's procfs, so that it counts as running, until what is returned is dropped.
    pub(crate) fn boot(&self) -> Running {
        let proc = self.root().join("proc");
        std::fs::create_dir(&proc).unwrap();
        run(Command::new("mount").args(["--bind", "/proc"]).arg(&proc));
        Running { proc }
    }

    /// A copy of the node's root, for a fault to be put into.
    pub(crate) fn copy(&self) -> Copy {
        let directory = tempfile::tempdir().unwrap();
        run(Command::new("cp").arg("-a").arg(self.root()).arg(directory.path()));
        Copy { directory }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.try_podman(&["rm", "--all", "--force", "--time", "0"]);
        // A container that was killed is cleaned up by a podman of its own, which mounts the store once more.
        for _ in 0..20 {
            let _ = Command::new("umount").arg(self.store().join("overlay")).output();
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }
}

/// A node that runs.
pub(crate) struct Running {
    proc: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.proc).status();
    }
}

/// A copy of a node's root.
pub(crate) struct Copy {
    directory: TempDir,
}

impl Copy {
    /// The copy's root.
    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().join("node")
    }

    /// Where `path` of the store is.
    pub(crate) fn place(&self, path: &str) -> PathBuf {
        self.root().join("var/lib/containers/storage").join(path)
    }

    /// Runs commands in the copy's store.
    pub(crate) fn damage(&self, commands: &str) {
        run(Command::new("bash").arg("-ec").arg(commands).current_dir(self.place("")));
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
