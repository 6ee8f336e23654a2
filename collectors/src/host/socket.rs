//! Talking to a daemon on a unix socket of the target, always with an end in sight.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType};

use super::{FileKind, HostErrorKind, Metadata, own_fd};

/// A connection to a stream socket of the target that ends at a deadline: a read or write after it, or one
/// that would have to wait beyond it, is an error of kind [`io::ErrorKind::TimedOut`]. A server that sends
/// a byte now and then does not extend it.
#[derive(Debug)]
pub struct Connection {
    socket: OwnedFd,
    deadline: Instant,
}

impl Connection {
    /// To the socket that `object` (an `O_PATH` descriptor) stands for.
    ///
    /// It is addressed by its descriptor and not by its path: that keeps the path's resolution inside the
    /// root, and a path can be longer than the 107 bytes that an address holds.
    pub(super) fn open(object: BorrowedFd<'_>, timeout: Duration) -> Result<Self, HostErrorKind> {
        if Metadata::of(object)?.kind != FileKind::Socket {
            return Err(HostErrorKind::failed(Errno::NOTSOCK));
        }
        let address = SocketAddrUnix::new(own_fd::link(&object))?;
        let flags = SocketFlags::CLOEXEC;
        let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        let connection = Self { socket, deadline: deadline_in(timeout) };
        match connection.within(Timeout::Send, || rustix::net::connect(&connection.socket, &address)) {
            Ok(()) => Ok(connection),
            // The socket is there, so what is missing is this process's own /proc.
            Err(Errno::NOENT) => Err(HostErrorKind::Unsupported),
            Err(errno) => Err(errno.into()),
        }
    }

    /// The socket itself, which does not wait for anything. Whoever takes it keeps the deadline himself.
    ///
    /// # Errors
    ///
    /// If the system refuses to switch waiting off.
    pub fn into_stream(self) -> io::Result<UnixStream> {
        let stream = UnixStream::from(self.socket);
        stream.set_nonblocking(true)?;
        Ok(stream)
    }

    /// Does `operation`, which waits no longer than until the deadline. A `connect` waits as long as a
    /// `send` may, if the server's queue is full (`SO_SNDTIMEO`, unix(7)).
    fn within<T>(&self, wait: Timeout, mut operation: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            // A timeout of zero means none, and less than a microsecond is rounded to it.
            if left < Duration::from_micros(1) {
                return Err(Errno::TIMEDOUT);
            }
            set_socket_timeout(&self.socket, wait, Some(left))?;
            match operation() {
                // A signal, or the kernel's clock ticked before ours: there may be time left.
                Err(Errno::INTR | Errno::AGAIN) => {}
                result => return result,
            }
        }
    }
}

impl io::Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let receive = || rustix::net::recv(&self.socket, &mut *buffer, RecvFlags::empty());
        Ok(self.within(Timeout::Recv, receive).map(|(read, _)| read)?)
    }
}

impl io::Write for Connection {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        // Without NOSIGNAL a server that hangs up would kill this process.
        Ok(self.within(Timeout::Send, || rustix::net::send(&self.socket, buffer, SendFlags::NOSIGNAL))?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A timeout too long for the clock is as good as a day.
fn deadline_in(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or_else(|| now + Duration::from_secs(24 * 60 * 60))
}
