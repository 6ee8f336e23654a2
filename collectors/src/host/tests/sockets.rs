//! Connections to a daemon's socket end by their deadline, whatever the daemon does.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::super::HostErrorKind;
use super::{Tree, as_nobody, failed, kind};

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(30);

/// Does what must be over after `SHORT`, however loaded the machine is.
fn ends<T>(act: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = act();
    assert!(start.elapsed() < LONG / 2, "took {:?}", start.elapsed());
    result
}

/// A server that answers one connection.
fn serve(tree: &Tree, answer: impl FnOnce(UnixStream) + Send + 'static) {
    let listener = UnixListener::bind(tree.path("socket")).unwrap();
    std::thread::spawn(move || answer(listener.accept().unwrap().0));
}

#[test]
fn a_server_is_asked_and_answers() {
    for n in 0..2 {
        let tree = Tree::new().link("run/docker.sock", "/socket");
        serve(&tree, |mut stream| {
            let mut question = [0; 4];
            stream.read_exact(&mut question).unwrap();
            stream.write_all(&question.repeat(100_000)).unwrap();
        });
        let mut connection = tree.hosts()[n].connect_unix("/run/docker.sock", LONG).unwrap();
        connection.write_all(b"ping").unwrap();
        connection.flush().unwrap();
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, b"ping".repeat(100_000));
    }
}

#[test]
fn a_socket_outside_the_root_is_not_reached() {
    let outside = Tree::new();
    let _listener = UnixListener::bind(outside.path("socket")).unwrap();
    let tree = Tree::new().link("socket", outside.path("socket").to_str().unwrap());
    for host in tree.hosts() {
        assert_eq!(kind(host.connect_unix("/socket", LONG)), HostErrorKind::NotFound);
    }
}

#[test]
fn a_path_longer_than_an_address_does_no_harm() {
    let deep = "a-directory-with-a-long-name/".repeat(10);
    let tree = Tree::new().directory(&deep);
    let directory = fs::File::open(tree.path(&deep)).unwrap();
    let _listener = UnixListener::bind(format!("/proc/self/fd/{}/socket", directory.as_raw_fd())).unwrap();
    for host in tree.hosts() {
        host.connect_unix(format!("/{deep}socket"), LONG).unwrap();
    }
}

#[test]
fn what_does_not_listen_is_told_apart() {
    let tree = Tree::new().file("file", "").directory("directory");
    drop(UnixListener::bind(tree.path("stale")).unwrap());
    let _datagrams = UnixDatagram::bind(tree.path("datagrams")).unwrap();
    for host in tree.hosts() {
        assert_eq!(kind(host.connect_unix("/missing", LONG)), HostErrorKind::NotFound);
        assert_eq!(kind(host.connect_unix("/file", LONG)), failed(Errno::NOTSOCK));
        assert_eq!(kind(host.connect_unix("/directory", LONG)), failed(Errno::NOTSOCK));
        assert_eq!(kind(host.connect_unix("/stale", LONG)), failed(Errno::CONNREFUSED));
        assert_eq!(kind(host.connect_unix("/datagrams", LONG)), failed(Errno::PROTOTYPE));
    }
}

#[test]
fn a_socket_of_mode_0600_is_denied_to_others() {
    let tree = Tree::new();
    let _listener = UnixListener::bind(tree.path("socket")).unwrap();
    fs::set_permissions(tree.path("socket"), fs::Permissions::from_mode(0o000)).unwrap();
    let hosts = tree.hosts();
    as_nobody(|| {
        for host in &hosts {
            assert_eq!(kind(host.connect_unix("/socket", LONG)), HostErrorKind::Denied);
        }
    });
}

#[test]
fn a_server_that_accepts_nobody_ends_by_the_deadline() {
    let tree = Tree::new();
    let socket = || rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
    let address = SocketAddrUnix::new(tree.path("socket")).unwrap();
    let server = socket();
    rustix::net::bind(&server, &address).unwrap();
    rustix::net::listen(&server, 0).unwrap();
    let mut queued = Vec::new();
    loop {
        let flags = SocketFlags::NONBLOCK;
        let client = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).unwrap();
        match rustix::net::connect(&client, &address) {
            Ok(()) => queued.push(client),
            Err(errno) => break assert_eq!(errno, Errno::AGAIN, "the queue is full"),
        }
    }
    for host in tree.hosts() {
        assert_eq!(ends(|| kind(host.connect_unix("/socket", SHORT))), HostErrorKind::TimedOut);
        assert_eq!(kind(host.connect_unix("/socket", Duration::ZERO)), HostErrorKind::TimedOut);
    }
    // Accepted in time, the next one gets in.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(SHORT);
            rustix::net::accept(&server).unwrap();
        });
        tree.hosts()[0].connect_unix("/socket", LONG).unwrap();
    });
}

#[test]
fn a_server_that_says_nothing_ends_by_the_deadline() {
    let tree = Tree::new();
    let _listener = UnixListener::bind(tree.path("socket")).unwrap();
    let mut connection = tree.hosts()[0].connect_unix("/socket", SHORT).unwrap();
    let error = ends(|| connection.read(&mut [0; 10]).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    // Nor is more than its queue takes ever written to it.
    let error = ends(|| connection.write_all(&[0; 10 << 20]).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[test]
fn a_server_that_never_reads_ends_by_the_deadline() {
    let tree = Tree::new();
    let _listener = UnixListener::bind(tree.path("socket")).unwrap();
    let mut connection = tree.hosts()[0].connect_unix("/socket", SHORT).unwrap();
    let error = ends(|| connection.write_all(&vec![0; 64 << 20]).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[test]
fn a_server_that_sends_a_byte_now_and_then_ends_by_the_deadline() {
    let tree = Tree::new();
    serve(&tree, |mut stream| {
        while stream.write_all(b".").is_ok() {
            std::thread::sleep(SHORT / 10);
        }
    });
    let mut connection = tree.hosts()[0].connect_unix("/socket", SHORT).unwrap();
    let mut answer = Vec::new();
    let error = ends(|| connection.read_to_end(&mut answer).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(!answer.is_empty());
}

#[test]
fn a_server_that_hangs_up_is_an_error() {
    let tree = Tree::new();
    serve(&tree, drop);
    let mut connection = tree.hosts()[0].connect_unix("/socket", LONG).unwrap();
    assert_eq!(connection.read(&mut [0; 10]).unwrap(), 0);
    assert_eq!(connection.write_all(b"anybody?").unwrap_err().kind(), ErrorKind::BrokenPipe);
}
