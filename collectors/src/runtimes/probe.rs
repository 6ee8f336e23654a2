//! Asks the daemons that run whether they answer, all side by side.
//!
//! Only a process that runs is asked: where none does, systemd may listen on its socket, and would start it
//! for the question.

use std::io::{Read, Write};
use std::time::Duration;

use plimsoll_engine::snapshot::GapReason;
use rustix::io::Errno;

use super::daemon::{Cri, Daemon, DaemonName, Found};
use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{Host, HostError, HostErrorKind};
use crate::http::{self, HttpError};

/// How long a daemon may take for all questions.
const PATIENCE: Duration = Duration::from_secs(2);

/// How an HTTP/2 client begins (RFC 9113, 3.4): the preface, and empty settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The number of the frame that the server begins with: its settings.
const SETTINGS: u8 = 4;

/// What a daemon answered.
struct Answer {
    responding: Fact<bool>,
    cri: Fact<Cri>,
}

/// The daemons with what they answer, in the same order.
pub(super) fn ask_all(ctx: &Context<'_>, daemons: Vec<Found>) -> Vec<Daemon> {
    // Some of the time is kept for the rest of the collector.
    let patience = PATIENCE.min(ctx.remaining() / 2);
    std::thread::scope(|scope| {
        let asked: Vec<_> =
            daemons.iter().map(|daemon| scope.spawn(move || ask(ctx, daemon, patience))).collect();
        let answers = asked.into_iter().map(|thread| thread.join().unwrap_or_else(|_| panicked()));
        let told = daemons.iter().zip(answers).map(|(daemon, answer)| Daemon {
            name: daemon.name,
            pid: daemon.pid,
            socket: daemon.socket.clone(),
            responding: answer.responding,
            cri: answer.cri,
        });
        told.collect()
    })
}

fn ask(ctx: &Context<'_>, daemon: &Found, patience: Duration) -> Answer {
    if !ctx.options.sockets {
        let detail = "--no-sockets";
        return Answer::gap(Unknown { reason: GapReason::NotCollected, source: None, detail: detail.into() });
    }
    match (&daemon.socket, daemon.name) {
        (Fact::Known(socket), DaemonName::Docker | DaemonName::Podman) => {
            Answer { responding: ping(ctx.host, &socket.value, patience), cri: Fact::Absent }
        }
        (Fact::Known(socket), name) => call(ctx.host, name, &socket.value, patience),
        (Fact::Absent, _) => {
            let detail = "it listens on no unix socket";
            Answer::gap(Unknown { reason: GapReason::Unsupported, source: None, detail: detail.into() })
        }
        (Fact::Gap(unknown), _) => Answer::gap(unknown.clone()),
    }
}

/// Whether the Docker API answers, podman's included.
fn ping(host: &Host, socket: &str, patience: Duration) -> Fact<bool> {
    match http::get(host, socket, "/_ping", patience) {
        Ok(_) => Fact::Known(true),
        Err(HttpError::Connect(error)) => refused(error),
        Err(_) => Fact::Known(false),
    }
}

/// Whether a server of gRPC answers, and what it says over the Container Runtime Interface. One that shakes
/// hands and then keeps a question waiting is wedged, too.
fn call(host: &Host, name: DaemonName, socket: &str, patience: Duration) -> Answer {
    match shake_hands(host, socket, patience / 2) {
        Fact::Known(true) => speak(host, name, socket, patience / 2),
        responding => Answer { cri: responding.as_ref().and_then(|_| Fact::Gap(silent(socket))), responding },
    }
}

#[cfg(feature = "cri")]
fn speak(host: &Host, name: DaemonName, socket: &str, patience: Duration) -> Answer {
    use super::cri::{self, CallError};
    match cri::ask(host, name, socket, patience) {
        Ok(cri) => Answer { responding: Fact::Known(true), cri },
        Err(CallError::TimedOut) => Answer { responding: Fact::Known(false), cri: Fact::Gap(silent(socket)) },
        Err(error) => Answer {
            responding: Fact::Known(true),
            cri: Fact::Gap(Unknown::new(GapReason::Failed, socket, error.to_string())),
        },
    }
}

#[cfg(not(feature = "cri"))]
fn speak(_: &Host, _: DaemonName, socket: &str, _: Duration) -> Answer {
    let detail = "this build does not speak the Container Runtime Interface";
    Answer {
        responding: Fact::Known(true),
        cri: Fact::Gap(Unknown::new(GapReason::Unsupported, socket, detail)),
    }
}

/// Whether the server at `socket` answers the settings of HTTP/2 with its own.
fn shake_hands(host: &Host, socket: &str, patience: Duration) -> Fact<bool> {
    let mut connection = match host.connect_unix(socket, patience) {
        Ok(connection) => connection,
        Err(error) => return refused(error),
    };
    let mut head = [0; 9];
    let answered = connection.write_all(PREFACE).and_then(|()| connection.read_exact(&mut head));
    Fact::Known(answered.is_ok() && head.get(3) == Some(&SETTINGS))
}

/// What a connection that was not made says about the daemon, which runs.
fn refused(error: HostError) -> Fact<bool> {
    match error.kind {
        HostErrorKind::NotFound | HostErrorKind::TimedOut => Fact::Known(false),
        HostErrorKind::Failed { errno } if errno == Errno::CONNREFUSED.raw_os_error() => Fact::Known(false),
        _ => Fact::Gap(error.into()),
    }
}

fn silent(socket: &str) -> Unknown {
    Unknown::new(GapReason::Timeout, socket, "the daemon does not answer")
}

fn panicked() -> Answer {
    Answer::gap(Unknown { reason: GapReason::Failed, source: None, detail: "the question panicked".into() })
}

impl Answer {
    fn gap(unknown: Unknown) -> Self {
        Self { responding: Fact::Gap(unknown.clone()), cri: Fact::Gap(unknown) }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test listens in a daemon's place")]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    /// A host with a server at `/s.sock` that sends `answer` and keeps the connection.
    fn serving(answer: &'static [u8]) -> (tempfile::TempDir, Host) {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("s.sock")).unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.write_all(answer);
                std::thread::sleep(Duration::from_secs(600));
            }
        });
        let host = Host::at(dir.path()).unwrap();
        (dir, host)
    }

    #[test]
    fn settings_are_a_sign_of_life_and_nothing_else_is() {
        let answers = |answer| {
            let (_dir, host) = serving(answer);
            shake_hands(&host, "/s.sock", Duration::from_millis(300))
        };
        assert_eq!(answers(b"\0\0\x06\x04\0\0\0\0\0\0\x05\0\0\x40\0"), Fact::Known(true));
        assert_eq!(answers(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Fact::Known(false));
        assert_eq!(answers(b""), Fact::Known(false));
    }

    #[test]
    fn a_socket_that_nobody_listens_on_is_no_answer() {
        let dir = tempfile::tempdir().unwrap();
        drop(UnixListener::bind(dir.path().join("s.sock")).unwrap());
        let host = Host::at(dir.path()).unwrap();
        let patience = Duration::from_secs(60);
        assert_eq!(shake_hands(&host, "/s.sock", patience), Fact::Known(false));
        assert_eq!(shake_hands(&host, "/none.sock", patience), Fact::Known(false));
        assert_eq!(ping(&host, "/none.sock", patience), Fact::Known(false));
        std::fs::write(dir.path().join("file"), "").unwrap();
        assert!(matches!(shake_hands(&host, "/file", patience), Fact::Gap(_)));
    }
}
