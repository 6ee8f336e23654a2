//! Engines of the tests' own. All their files lie in directories that go away with them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::dockerd;

pub(crate) const IMAGE: &str = "plimsoll-test:1";

/// One docker at a time: names of containers are the node's.
static ONLY_ONE: Mutex<()> = Mutex::new(());

/// Waits until `is_so`.
pub(crate) fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// What a program prints, if it succeeds.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

fn done(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// A file system with nothing but busybox, packed.
fn image(directory: &Path) -> PathBuf {
    let root = directory.join("image");
    for name in ["bin", "dev", "etc", "proc", "sys", "tmp"] {
        std::fs::create_dir_all(root.join(name)).unwrap();
    }
    let busybox = ["/bin/busybox", "/usr/bin/busybox"].into_iter().find(|path| Path::new(path).exists());
    std::fs::copy(
        busybox.expect("busybox is installed (apt-get install busybox-static)"),
        root.join("bin/busybox"),
    )
    .unwrap();
    for applet in ["dd", "sh", "sleep"] {
        std::os::unix::fs::symlink("busybox", root.join("bin").join(applet)).unwrap();
    }
    let packed = directory.join("image.tar");
    done("tar", &["-C", text(&root), "-cf", text(&packed), "."]);
    packed
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn spawn(program: &str, arguments: &[&str], log: &Path) -> Child {
    let log = std::fs::File::create(log).unwrap();
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(log);
    command.spawn().unwrap_or_else(|error| panic!("{program} is not installed: {error}"))
}

fn kill(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// The numbers of the processes whose parent is `pid`.
fn children(pid: u32) -> Vec<u32> {
    let list = output("pgrep", &["-P", &pid.to_string()]).unwrap_or_default();
    list.lines().filter_map(|line| line.parse().ok()).collect()
}

pub(crate) struct Dockerd {
    process: Child,
    directory: TempDir,
    _only_one: MutexGuard<'static, ()>,
}

impl Dockerd {
    pub(crate) fn start() -> Self {
        let only_one = ONLY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = tempfile::tempdir().unwrap();
        let process = dockerd::start(directory.path(), &directory.path().join("data"), "{}")
            .unwrap_or_else(|said| panic!("{said}"));
        let docker = Self { process, directory, _only_one: only_one };
        docker.docker(&["import", text(&image(docker.directory.path())), IMAGE]);
        docker
    }

    pub(crate) fn docker(&self, arguments: &[&str]) -> String {
        let host = dockerd::host(self.directory.path());
        done("docker", &[["--host", &host].as_slice(), arguments].concat())
    }

    pub(crate) fn run(&self, name: &str, options: &[&str], program: &[&str]) {
        let head = ["run", "--detach", "--net=none", "--name", name];
        self.docker(&[head.as_slice(), options, &[IMAGE], program].concat());
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.docker(&["ps", "--all", "--quiet", "--no-trunc"]).lines().map(str::to_owned).collect()
    }

    pub(crate) fn inspect(&self, container: &str) -> Value {
        let inspected: Value = serde_json::from_str(&self.docker(&["inspect", container])).unwrap();
        inspected[0].clone()
    }

    /// The node's numbers of a container's processes.
    pub(crate) fn pids(&self, container: &str) -> Vec<u64> {
        let list = self.docker(&["top", container, "-eo", "pid"]);
        list.lines().filter_map(|line| line.trim().parse().ok()).collect()
    }

    /// Ends dockerd, and the containerd that it started, in the middle of whatever they do.
    pub(crate) fn kill(&self) {
        let own = self.process.id();
        children(own).into_iter().chain([own]).for_each(|pid| kill(pid, Signal::KILL));
    }
}

impl Drop for Dockerd {
    /// Ends the containers, dockerd, and the containerd that it started.
    fn drop(&mut self) {
        let directory = self.directory.path();
        end_containers(directory, &directory.join("exec/runtime-runc/moby"));
        kill(self.process.id(), Signal::TERM);
        let _ = self.process.wait();
        release(directory);
    }
}

/// Ends the containers that runc keeps in `state` for an engine in `directory`, and the engine's shims: a daemon
/// that was killed cannot.
fn end_containers(directory: &Path, state: &Path) {
    for container in std::fs::read_dir(state).into_iter().flatten().flatten() {
        let about = std::fs::read_to_string(container.path().join("state.json")).unwrap_or_default();
        if about.contains(text(directory)) {
            let id = container.file_name().into_string().unwrap();
            // A process that is frozen does not notice that it was killed.
            let _ = output("runc", &["--root", text(state), "resume", &id]);
            let _ = output("runc", &["--root", text(state), "delete", "--force", &id]);
        }
    }
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        let task = std::fs::read_link(process.path().join("cwd")).unwrap_or_default();
        let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
        let pid = process.file_name().to_str().and_then(|pid| pid.parse().ok());
        if let Some(pid) = pid.filter(|_| name.starts_with("containerd-shim") && task.starts_with(directory))
        {
            kill(pid, Signal::KILL);
        }
    }
}

/// Unmounts what lies below `directory`, the deepest first.
fn release(directory: &Path) {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    let targets = mounts.lines().filter_map(|line| line.split(' ').nth(4));
    let mut below: Vec<&str> = targets.filter(|target| Path::new(target).starts_with(directory)).collect();
    below.sort_unstable();
    for target in below.into_iter().rev() {
        let _ = output("umount", &["--lazy", target]);
    }
}

pub(crate) struct Containerd {
    process: Child,
    directory: TempDir,
}

impl Containerd {
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let config = format!(
            "version = 2\nroot = {:?}\nstate = {:?}\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[grpc]\naddress = {:?}\n",
            path("root"),
            path("state"),
            path("sock")
        );
        std::fs::write(path("config.toml"), config).unwrap();
        let process = spawn("containerd", &["--config", text(&path("config.toml"))], &path("log"));
        let containerd = Self { process, directory };
        eventually("containerd answers", || {
            output("ctr", &["--address", &containerd.socket(), "version"]).is_some()
        });
        containerd.import();
        containerd
    }

    /// containerd takes images of docker's and OCI's forms only, so docker or podman has to make one of it.
    fn import(&self) {
        let packed = image(self.directory.path());
        let layout = self.directory.path().join("oci.tar");
        let storage = format!("--root={}", text(&self.directory.path().join("podman")));
        let run = format!("--runroot={}", text(&self.directory.path().join("podman-run")));
        let podman = |arguments: &[&str]| {
            done(
                "podman",
                &[[storage.as_str(), run.as_str(), "--storage-driver=vfs"].as_slice(), arguments].concat(),
            )
        };
        podman(&["import", text(&packed), IMAGE]);
        podman(&["save", "--format=docker-archive", "--output", text(&layout), IMAGE]);
        self.ctr(&["images", "import", text(&layout)]);
    }

    fn socket(&self) -> String {
        text(&self.directory.path().join("sock")).to_owned()
    }

    fn ctr(&self, arguments: &[&str]) -> String {
        done("ctr", &[["--address", &self.socket()].as_slice(), arguments].concat())
    }

    pub(crate) fn run(&self, id: &str, options: &[&str]) {
        let image = format!("localhost/{IMAGE}");
        self.ctr(&[["run", "--detach"].as_slice(), options, &[&image, id, "sleep", "9999"]].concat());
    }

    /// Each task and its process.
    pub(crate) fn tasks(&self) -> Vec<(String, u64)> {
        let list = self.ctr(&["tasks", "list"]);
        let task = |line: &str| {
            let mut words = line.split_whitespace();
            Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
        };
        list.lines().skip(1).filter_map(task).collect()
    }

    pub(crate) fn kill(&self) {
        kill(self.process.id(), Signal::KILL);
    }
}

impl Drop for Containerd {
    fn drop(&mut self) {
        // Not below its own state directory, whatever its configuration says.
        end_containers(self.directory.path(), Path::new("/run/containerd/runc/default"));
        kill(self.process.id(), Signal::TERM);
        let _ = self.process.wait();
        release(self.directory.path());
    }
}

/// A podman with a storage of its own.
pub(crate) struct Podman {
    directory: TempDir,
}

impl Podman {
    /// With an image.
    pub(crate) fn start() -> Self {
        let podman = Self { directory: tempfile::tempdir().unwrap() };
        podman.podman(&["import", text(&image(podman.directory.path())), IMAGE]);
        podman
    }

    /// Starts a container.
    pub(crate) fn run(&self, name: &str, options: &[&str], program: &[&str]) {
        let head =
            ["run", "--detach", "--name", name, "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"];
        self.podman(&[head.as_slice(), options, &[IMAGE], program].concat());
    }

    /// Makes a pod, and in it a container that is not started.
    pub(crate) fn pod(&self, pod: &str, name: &str) {
        let infra = ["--infra-image", IMAGE, "--infra-command", "/bin/sleep", "--share", "ipc"];
        self.podman(&[["pod", "create", "--name", pod].as_slice(), &infra].concat());
        self.podman(&["create", "--pod", pod, "--name", name, IMAGE, "sleep", "1"]);
    }

    /// Kills what watches over the container, which goes on.
    pub(crate) fn kill_conmon(&self, name: &str) {
        let pid = self.inspect(name)["State"]["ConmonPid"].as_u64().unwrap();
        kill(u32::try_from(pid).unwrap(), Signal::KILL);
        eventually("conmon is gone", || !Path::new(&format!("/proc/{pid}")).exists());
    }

    /// The names of the containers.
    pub(crate) fn names(&self) -> Vec<String> {
        self.podman(&["ps", "--all", "--format={{.Names}}"]).lines().map(str::to_owned).collect()
    }

    fn podman(&self, arguments: &[&str]) -> String {
        let path = |name: &str| text(&self.directory.path().join(name)).to_owned();
        let (root, run, tmp) = (path("root"), path("run"), path("tmp"));
        let head = [
            "--root",
            &root,
            "--runroot",
            &run,
            "--tmpdir",
            &tmp,
            "--storage-driver=vfs",
            "--cgroup-manager=cgroupfs",
            "--runtime=runc",
        ];
        done("podman", &[head.as_slice(), arguments].concat())
    }

    pub(crate) fn inspect(&self, name: &str) -> Value {
        let inspected: Value = serde_json::from_str(&self.podman(&["inspect", name])).unwrap();
        inspected[0].clone()
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        self.podman(&["pod", "rm", "--force", "--all"]);
        self.podman(&["rm", "--force", "--time=0", "--all"]);
        release(self.directory.path());
    }
}

/// A swap file for as long as it is held.
pub(crate) struct Swap {
    file: PathBuf,
    _directory: TempDir,
}

impl Swap {
    pub(crate) fn on() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("swap");
        done("dd", &["if=/dev/zero", &format!("of={}", text(&file)), "bs=1M", "count=256"]);
        done("chmod", &["600", text(&file)]);
        done("mkswap", &[text(&file)]);
        done("swapon", &[text(&file)]);
        Self { file, _directory: directory }
    }
}

impl Drop for Swap {
    fn drop(&mut self) {
        let _ = output("swapoff", &[text(&self.file)]);
    }
}
