//! What dockerd says of itself over its unix socket: the Engine API's `/_ping` and `/info`.
//!
//! Not its `/version`: for that dockerd starts programs (measured: 7 ms), and `/_ping` tells the same in its
//! headers, even where `/info` hangs.

use std::time::{Duration, Instant};

use plimsoll_engine::snapshot::GapReason;
use rustix::io::Errno;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{Host, HostErrorKind};
use crate::http::{self, HttpError};
use crate::redact::mask;

/// How long all questions to the engine may take together.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the engine answers.
///
/// Source: Engine API over dockerd's unix socket
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Engine {
    /// Whether dockerd answers at all. False for a stopped or wedged one, and for a socket that nobody
    /// listens on.
    ///
    /// Source: Engine API `GET /_ping`
    pub responding: Fact<bool>,
    /// The engine's version, `20.10.24+dfsg1`.
    ///
    /// Source: Engine API `GET /_ping`, header `Server`
    pub version: Fact<String>,
    /// The newest version of the API that it speaks, `1.41`.
    ///
    /// Source: Engine API `GET /_ping`, header `Api-Version`
    pub api_version: Fact<String>,
    /// The storage driver in use, `overlay2`; with the containerd image store its snapshotter, `overlayfs`.
    ///
    /// Source: Engine API `GET /info`, `Driver`
    pub storage_driver: Fact<String>,
    /// The file system that the storage driver works on, `extfs`.
    ///
    /// Source: Engine API `GET /info`, `DriverStatus`, `Backing Filesystem`
    pub backing_filesystem: Fact<String>,
    /// Who manages cgroups: `systemd`, `cgroupfs` or `none`.
    ///
    /// Source: Engine API `GET /info`, `CgroupDriver`
    pub cgroup_driver: Fact<String>,
    /// The version of cgroups in use, `1` or `2`.
    ///
    /// Source: Engine API `GET /info`, `CgroupVersion`
    pub cgroup_version: Fact<String>,
    /// The security features in use, `name=seccomp,profile=default`.
    ///
    /// Source: Engine API `GET /info`, `SecurityOptions`
    pub security_options: Fact<Vec<String>>,
    /// The default logging driver, `json-file`.
    ///
    /// Source: Engine API `GET /info`, `LoggingDriver`
    pub logging_driver: Fact<String>,
    /// The directory of images, containers and volumes; with `userns-remap` a directory below `data-root`.
    ///
    /// Source: Engine API `GET /info`, `DockerRootDir`
    pub root_dir: Fact<String>,
    /// The runtime of containers that name none.
    ///
    /// Source: Engine API `GET /info`, `DefaultRuntime`
    pub default_runtime: Fact<String>,
    /// The names of the runtimes, sorted.
    ///
    /// Source: Engine API `GET /info`, `Runtimes`
    pub runtimes: Fact<Vec<String>>,
    /// Whether containers go on running while dockerd restarts.
    ///
    /// Source: Engine API `GET /info`, `LiveRestoreEnabled`
    pub live_restore: Fact<bool>,
    /// What the engine itself warns of, `WARNING: No swap limit support`.
    ///
    /// Source: Engine API `GET /info`, `Warnings`
    pub warnings: Fact<Vec<String>>,
    /// How many containers there are.
    ///
    /// Source: Engine API `GET /info`
    pub containers: Fact<Containers>,
    /// How many images there are.
    ///
    /// Source: Engine API `GET /info`, `Images`
    pub images: Fact<u64>,
}

/// How many containers the engine has.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Containers {
    /// All of them.
    ///
    /// Source: Engine API `GET /info`, `Containers`
    pub total: Fact<u64>,
    /// Those that run.
    ///
    /// Source: Engine API `GET /info`, `ContainersRunning`
    pub running: Fact<u64>,
    /// Those that are paused.
    ///
    /// Source: Engine API `GET /info`, `ContainersPaused`
    pub paused: Fact<u64>,
    /// Those that are stopped.
    ///
    /// Source: Engine API `GET /info`, `ContainersStopped`
    pub stopped: Fact<u64>,
}

/// Asks the engine at `socket`, if that is wanted and allowed.
///
/// `running` says whether a dockerd runs. Without one nobody is asked: systemd may be listening on the
/// socket in its place, and would start dockerd for the question.
pub(super) fn collect(ctx: &Context<'_>, running: Fact<bool>, socket: Fact<String>) -> Fact<Engine> {
    if !ctx.demand.wants(&["docker", "engine"]) {
        return Fact::Gap(not_collected("nobody asked for it"));
    }
    if !ctx.options.sockets {
        return Fact::Gap(not_collected("--no-sockets"));
    }
    // Some of the time is kept for the rest of the collector.
    let timeout = PATIENCE.min(ctx.remaining() * 3 / 4);
    running.and_then(|running| match (running, socket) {
        (false, _) => Fact::Known(Engine::from_info(false, &Fact::Absent)),
        (true, Fact::Known(socket)) => ask(ctx.host, &socket, timeout),
        (true, Fact::Absent) => {
            let detail = "dockerd listens on no unix socket";
            Fact::Gap(Unknown { reason: GapReason::Unsupported, source: None, detail: detail.to_owned() })
        }
        (true, Fact::Gap(unknown)) => Fact::Gap(unknown),
    })
}

fn not_collected(detail: &str) -> Unknown {
    Unknown { reason: GapReason::NotCollected, source: None, detail: detail.to_owned() }
}

/// Asks the engine at the target's `socket`; all is over after `timeout`.
fn ask(host: &Host, socket: &str, timeout: Duration) -> Fact<Engine> {
    let deadline = Instant::now() + timeout;
    let get = |path: &str| http::get(host, socket, path, deadline.saturating_duration_since(Instant::now()));
    match get("/_ping") {
        Ok(ping) => Fact::Known(Engine {
            version: ping.header("server").and_then(version).into(),
            api_version: ping.header("api-version").map(mask).into(),
            ..Engine::from_info(true, &information(socket, get("/info")))
        }),
        Err(HttpError::Connect(error)) if matches!(error.kind, HostErrorKind::Denied) => {
            Fact::Gap(error.into())
        }
        Err(HttpError::Connect(error)) if is_nobody(&error.kind) => {
            Fact::Known(Engine::from_info(false, &Fact::Absent))
        }
        Err(error) => Fact::Known(Engine::from_info(false, &Fact::Gap(error.into_unknown(socket)))),
    }
}

/// Whether there is no socket, or nobody listens on it.
fn is_nobody(error: &HostErrorKind) -> bool {
    let refused = Errno::CONNREFUSED.raw_os_error();
    match error {
        HostErrorKind::NotFound => true,
        HostErrorKind::Failed { errno, .. } => *errno == refused,
        _ => false,
    }
}

/// `Docker/20.10.24+dfsg1 (linux)` → `20.10.24+dfsg1`.
fn version(server: &str) -> Option<String> {
    let version = server.strip_prefix("Docker/")?.split_whitespace().next()?;
    Some(version.to_owned())
}

/// The JSON object of the answer to `/info`.
fn information(socket: &str, answer: Result<http::Response, HttpError>) -> Fact<Value> {
    let source = format!("{socket} GET /info");
    match answer {
        Ok(answer) if answer.status != 200 => {
            let detail = format!("the engine answered with status {}", answer.status);
            Fact::Gap(Unknown::new(GapReason::Failed, source, detail))
        }
        Ok(answer) => match serde_json::from_slice(&answer.body) {
            Ok(Value::Object(object)) => Fact::Known(Value::Object(object)),
            Ok(_) => Fact::Gap(Unknown::malformed(source, "the answer is no JSON object")),
            Err(error) => Fact::Gap(Unknown::malformed(source, format!("the answer is no JSON: {error}"))),
        },
        Err(error) => Fact::Gap(error.into_unknown(&source)),
    }
}

impl Engine {
    /// What `/info` tells, or why it tells nothing.
    fn from_info(responding: bool, info: &Fact<Value>) -> Self {
        Self {
            responding: Fact::Known(responding),
            version: text(info, "ServerVersion"),
            api_version: info.as_ref().and_then(|_| Fact::Absent),
            storage_driver: text(info, "Driver"),
            backing_filesystem: driver_status(info, "Backing Filesystem"),
            cgroup_driver: text(info, "CgroupDriver"),
            cgroup_version: text(info, "CgroupVersion"),
            security_options: texts(info, "SecurityOptions"),
            logging_driver: text(info, "LoggingDriver"),
            root_dir: text(info, "DockerRootDir"),
            default_runtime: text(info, "DefaultRuntime"),
            runtimes: member(info, "Runtimes", |value| Some(value.as_object()?.keys().cloned().collect())),
            live_restore: member(info, "LiveRestoreEnabled", Value::as_bool),
            warnings: texts(info, "Warnings"),
            containers: info.as_ref().map(|_| Containers {
                total: member(info, "Containers", Value::as_u64),
                running: member(info, "ContainersRunning", Value::as_u64),
                paused: member(info, "ContainersPaused", Value::as_u64),
                stopped: member(info, "ContainersStopped", Value::as_u64),
            }),
            images: member(info, "Images", Value::as_u64),
        }
    }
}

/// The member `name` of an answer, converted; a value of another type is a gap.
fn member<T>(answer: &Fact<Value>, name: &str, convert: impl FnOnce(&Value) -> Option<T>) -> Fact<T> {
    answer.as_ref().and_then(|answer| match answer.get(name) {
        None | Some(Value::Null) => Fact::Absent,
        Some(value) => convert(value).map_or_else(
            || {
                Fact::Gap(Unknown::malformed(
                    "Engine API",
                    format!("{name} is of another type than documented"),
                ))
            },
            Fact::Known,
        ),
    })
}

/// A string; the engine writes an empty one for what it does not know.
fn text(answer: &Fact<Value>, name: &str) -> Fact<String> {
    member(answer, name, |value| value.as_str().map(mask))
        .and_then(|text| if text.is_empty() { Fact::Absent } else { Fact::Known(text) })
}

/// A list of strings; the engine writes `null` for an empty one.
fn texts(info: &Fact<Value>, name: &str) -> Fact<Vec<String>> {
    let strings = |value: &Value| value.as_array()?.iter().map(|item| item.as_str().map(mask)).collect();
    info.as_ref().and_then(|_| member(info, name, strings).or_absent(Vec::new()))
}

/// An entry of `DriverStatus`, a list of pairs of strings.
fn driver_status(info: &Fact<Value>, name: &str) -> Fact<String> {
    let pairs = |value: &Value| value.as_array().cloned();
    member(info, "DriverStatus", pairs).and_then(|pairs| {
        let entry = pairs.iter().find(|pair| pair.get(0).is_some_and(|key| key == name));
        entry.and_then(|pair| pair.get(1)?.as_str()).map(str::to_owned).into()
    })
}

#[cfg(test)]
#[allow(clippy::disallowed_types, reason = "the tests serve the socket that the code asks")]
mod tests {
    use super::*;
    use crate::http::tests::{request, serving};
    use crate::tree::Tree;
    use serde_json::json;
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    /// What dockerd 20.10.24 answered on Debian 12 with two containers, one of them paused; shortened.
    const INFO: &str = include_str!("../../tests/fixtures/docker/info-20.10.json");
    const PING: &str =
        "HTTP/1.0 200 OK\r\nApi-Version: 1.41\r\nServer: Docker/20.10.24+dfsg1 (linux)\r\n\r\nOK";
    const ENOUGH: Duration = Duration::from_secs(20);

    fn asked(serve: impl Fn(UnixStream) + Send + 'static, timeout: Duration) -> Fact<Engine> {
        let (_dir, host) = serving(serve);
        ask(&host, "/docker.sock", timeout)
    }

    /// An engine that answers pings, and `/info` with `info`.
    fn answering(info: &'static [u8]) -> impl Fn(UnixStream) {
        move |mut stream| {
            let answer = if request(&stream).starts_with("GET /_ping ") { PING.as_bytes() } else { info };
            let _ = stream.write_all(answer);
        }
    }

    fn reason<T>(fact: &Fact<T>) -> Option<GapReason> {
        match fact {
            Fact::Gap(unknown) => Some(unknown.reason),
            _ => None,
        }
    }

    #[test]
    fn a_real_answer_is_read_whole() {
        let info = format!("HTTP/1.0 200 OK\r\n\r\n{INFO}").leak().as_bytes();
        let engine = serde_json::to_value(asked(answering(info), ENOUGH)).unwrap();
        let expected = json!({
            "responding": true,
            "version": "20.10.24+dfsg1",
            "api_version": "1.41",
            "storage_driver": "overlay2",
            "backing_filesystem": "extfs",
            "cgroup_driver": "cgroupfs",
            "cgroup_version": "1",
            "security_options": ["name=seccomp,profile=default"],
            "logging_driver": "json-file",
            "root_dir": "/var/lib/docker",
            "default_runtime": "runc",
            "runtimes": ["io.containerd.runc.v2", "io.containerd.runtime.v1.linux", "runc"],
            "live_restore": true,
            "warnings": [],
            "containers": {"total": 2, "running": 0, "paused": 1, "stopped": 1},
            "images": 1
        });
        assert_eq!(engine, expected);
    }

    #[test]
    fn a_broken_answer_is_a_gap_of_what_it_would_have_told_and_of_nothing_else() {
        for (info, expected) in [
            (&b"HTTP/1.0 500 Oops\r\n\r\n{}"[..], GapReason::Failed),
            (b"HTTP/1.0 200 OK\r\n\r\n{\"Driver\":", GapReason::Malformed),
            (b"HTTP/1.0 200 OK\r\n\r\n[]", GapReason::Malformed),
            (b"HTTP/1.0 200 OK\r\n\r\n{\"Driver\": 7}", GapReason::Malformed),
            (b"", GapReason::Malformed),
        ] {
            let Fact::Known(engine) = asked(answering(info), ENOUGH) else { panic!() };
            assert_eq!(engine.responding, Fact::Known(true));
            assert_eq!(engine.version, Fact::Known("20.10.24+dfsg1".to_owned()));
            assert_eq!(reason(&engine.storage_driver), Some(expected), "{}", String::from_utf8_lossy(info));
        }
    }

    #[test]
    fn a_stopped_engine_does_not_respond_and_the_rest_is_unknown() {
        let stopped = asked(|_| std::thread::sleep(Duration::from_secs(600)), Duration::from_millis(200));
        let Fact::Known(engine) = stopped else { panic!() };
        assert_eq!(engine.responding, Fact::Known(false));
        assert_eq!(reason(&engine.storage_driver), Some(GapReason::Timeout));
        assert_eq!(reason(&engine.warnings), Some(GapReason::Timeout));
        assert_eq!(reason(&engine.containers), Some(GapReason::Timeout));
    }

    #[test]
    fn an_engine_that_hangs_up_does_not_respond() {
        let Fact::Known(engine) = asked(drop, ENOUGH) else { panic!() };
        assert_eq!(engine.responding, Fact::Known(false));
        assert!(reason(&engine.version).is_some());
    }

    #[test]
    fn where_nobody_listens_there_is_no_engine() {
        let (dir, host) = serving(drop);
        let stale = dir.path().join("stale.sock");
        drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
        for socket in ["/stale.sock", "/none.sock"] {
            let Fact::Known(engine) = ask(&host, socket, ENOUGH) else { panic!() };
            assert_eq!((engine.responding, engine.version), (Fact::Known(false), Fact::Absent), "{socket}");
            assert_eq!(engine.warnings, Fact::Absent, "{socket}");
        }
    }

    #[test]
    fn what_is_no_socket_is_not_opened() {
        let tree = Tree::new().fifo("docker.sock");
        let Fact::Known(engine) = ask(&tree.host(), "/docker.sock", ENOUGH) else { panic!() };
        assert_eq!(engine.responding, Fact::Known(false));
        assert!(reason(&engine.version).is_some());
    }
}
