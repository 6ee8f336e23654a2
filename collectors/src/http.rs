//! HTTP over a unix socket of the target: one GET, one answer, always with an end in sight.
//!
//! HTTP/1.0 without keep-alive: the server sends its answer and hangs up. The answer's size is capped, and
//! the time for all of it too, however slowly it drips.

use std::io::{Read, Write};
use std::time::Duration;

use plimsoll_engine::snapshot::GapReason;

use crate::fact::Unknown;
use crate::host::{Connection, Host, HostError};

/// How much of an answer is read at most, in bytes.
const CAP: usize = 4 << 20;

/// How much of it the status line and the headers may take, in bytes.
const HEAD_CAP: usize = 64 << 10;

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Response {
    /// The status code: 200 when all is well.
    pub(crate) status: u16,
    /// The headers, as they were sent.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, freed of its transfer encoding.
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The value of the header `name`.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    /// The socket cannot be connected to.
    #[error(transparent)]
    Connect(HostError),
    /// The answer was not there in time.
    #[error("no answer in time")]
    TimedOut,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The answer is not HTTP.
    #[error("the answer is not HTTP: {0}")]
    Malformed(&'static str),
    /// The answer is larger than anybody needs.
    #[error("the answer is larger than {CAP} bytes")]
    TooLarge,
}

impl HttpError {
    /// The gap of a fact that `source` would have told.
    pub(crate) fn into_unknown(self, source: &str) -> Unknown {
        let reason = match self {
            Self::Connect(error) => return error.into(),
            Self::TimedOut => GapReason::Timeout,
            Self::Broken(_) => GapReason::Failed,
            Self::Malformed(_) => GapReason::Malformed,
            Self::TooLarge => GapReason::Unsupported,
        };
        Unknown::new(reason, source, self.to_string())
    }
}

/// Asks the server at the target's socket `socket` for `path`; all is over after `timeout`.
///
/// # Errors
///
/// If the socket cannot be connected to, or the answer does not come in time, is not HTTP, or is larger than
/// 4 MiB. An answer with a status other than 200 is an answer.
pub(crate) fn get(host: &Host, socket: &str, path: &str, timeout: Duration) -> Result<Response, HttpError> {
    let mut connection = host.connect_unix(socket, timeout).map_err(HttpError::Connect)?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).map_err(|error| broken(&error))?;
    let answer = read_answer(&mut connection)?;
    parse(&answer)
}

/// Reads until the server hangs up, or until all that it announced is there.
fn read_answer(connection: &mut Connection) -> Result<Vec<u8>, HttpError> {
    let mut answer = Vec::new();
    let mut buffer = [0; 16 << 10];
    let mut end = None;
    loop {
        match connection.read(&mut buffer) {
            Ok(0) => return Ok(answer),
            Ok(read) => answer.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(broken(&error)),
        }
        if answer.len() > CAP {
            return Err(HttpError::TooLarge);
        }
        if end.is_none() {
            end = announced_end(&answer)?;
        }
        if end.is_some_and(|end| answer.len() >= end) {
            return Ok(answer);
        }
    }
}

fn broken(error: &std::io::Error) -> HttpError {
    match error.kind() {
        std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => HttpError::TimedOut,
        _ => HttpError::Broken(error.to_string().to_lowercase()),
    }
}

/// Where the answer will end, once its headers are there and if they say so.
fn announced_end(answer: &[u8]) -> Result<Option<usize>, HttpError> {
    match Head::parse(answer) {
        Ok(head) => Ok(head.content_length.map(|length: usize| head.body_at.saturating_add(length))),
        Err(_) if answer.len() <= HEAD_CAP => Ok(None),
        Err(error) => Err(error),
    }
}

fn parse(answer: &[u8]) -> Result<Response, HttpError> {
    let head = Head::parse(answer)?;
    let body = answer.get(head.body_at..).unwrap_or_default();
    let body = match head.content_length {
        _ if head.chunked => join_chunks(body)?,
        Some(length) => body.get(..length).ok_or(HttpError::Malformed("it ends too early"))?.to_vec(),
        None => body.to_vec(),
    };
    Ok(Response { status: head.status, headers: head.headers, body })
}

/// What the status line and the headers say.
struct Head {
    status: u16,
    headers: Vec<(String, String)>,
    content_length: Option<usize>,
    chunked: bool,
    body_at: usize,
}

impl Head {
    fn parse(answer: &[u8]) -> Result<Self, HttpError> {
        let end = answer.windows(4).take(HEAD_CAP).position(|window| window == b"\r\n\r\n");
        let end = end.ok_or(HttpError::Malformed("its headers have no end"))?;
        let text = String::from_utf8_lossy(answer.get(..end).unwrap_or_default());
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(status).ok_or(HttpError::Malformed("it has no status line"))?;
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        let header = |name: &str| {
            headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        let length = header("content-length").map(|length| length.parse());
        let content_length =
            length.transpose().map_err(|_| HttpError::Malformed("its length is no number"))?;
        let chunked =
            header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        Ok(Self { status, content_length, chunked, body_at: end + 4, headers })
    }
}

/// `HTTP/1.1 200 OK` → 200.
fn status(line: &str) -> Option<u16> {
    let code = line.strip_prefix("HTTP/1.")?.split(' ').nth(1)?;
    code.parse().ok().filter(|code| (100..600).contains(code))
}

/// The body of an answer with `Transfer-Encoding: chunked` (RFC 9112, section 7.1).
fn join_chunks(mut rest: &[u8]) -> Result<Vec<u8>, HttpError> {
    const FAULT: HttpError = HttpError::Malformed("a chunk of it is broken");
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n").ok_or(FAULT)?;
        let line = rest.get(..end).and_then(|line| std::str::from_utf8(line).ok()).ok_or(FAULT)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| FAULT)?;
        if size == 0 {
            return Ok(body);
        }
        let start = end + 2;
        let chunk_end = start.checked_add(size).ok_or(FAULT)?;
        body.extend_from_slice(rest.get(start..chunk_end).ok_or(FAULT)?);
        rest = rest.get(chunk_end..).and_then(|rest| rest.strip_prefix(b"\r\n")).ok_or(FAULT)?;
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_types, reason = "the tests serve the sockets that the code asks")]
pub(crate) mod tests {
    use super::*;
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::time::Instant;

    /// A target whose socket `/docker.sock` is served by `serve`, one connection after the other.
    pub(crate) fn serving(serve: impl Fn(UnixStream) + Send + 'static) -> (tempfile::TempDir, Host) {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("docker.sock")).unwrap();
        std::thread::spawn(move || listener.incoming().flatten().for_each(serve));
        let host = Host::at(dir.path()).unwrap();
        (dir, host)
    }

    /// Reads the request's first line and the rest of its head.
    pub(crate) fn request(stream: &UnixStream) -> String {
        use std::io::BufRead;
        let mut lines = std::io::BufReader::new(stream).lines();
        let first = lines.next().and_then(Result::ok).unwrap_or_default();
        while lines.next().and_then(Result::ok).is_some_and(|line| !line.is_empty()) {}
        first
    }

    fn answer_of(answer: &'static [u8]) -> Result<Response, HttpError> {
        let (_dir, host) = serving(move |mut stream| {
            request(&stream);
            let _ = stream.write_all(answer);
        });
        get(&host, "/docker.sock", "/_ping", Duration::from_secs(20))
    }

    #[test]
    fn an_answer_is_read_whatever_its_framing() {
        let ok = |body: &[u8]| Ok((200, body.to_vec()));
        let answer_of = |answer| answer_of(answer).map(|response| (response.status, response.body));
        assert_eq!(answer_of(b"HTTP/1.0 200 OK\r\n\r\nOK"), ok(b"OK"));
        assert_eq!(answer_of(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOKjunk"), ok(b"OK"));
        let chunked =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nOK\r\n1\r\n!\r\n0\r\n\r\n";
        assert_eq!(answer_of(chunked), ok(b"OK!"));
        assert_eq!(answer_of(b"HTTP/1.0 404 Not Found\r\n\r\n{}"), Ok((404, b"{}".to_vec())));
    }

    #[test]
    fn headers_are_found_by_their_name_in_any_case() {
        let response = answer_of(b"HTTP/1.0 200 OK\r\nApi-Version: 1.41\r\nX:\r\n\r\n").unwrap();
        assert_eq!((response.header("api-version"), response.header("x")), (Some("1.41"), Some("")));
        assert_eq!(response.header("server"), None);
    }

    #[test]
    fn what_is_not_http_is_said_to_be_not_http() {
        for answer in [
            &b""[..],
            b"\r\n\r\n",
            b"hello\r\n\r\n",
            b"HTTP/1.1 200 OK",
            b"HTTP/1.1 9999 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nOK",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nOK\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOKx",
        ] {
            assert!(matches!(answer_of(answer), Err(HttpError::Malformed(_))), "{answer:?}");
        }
    }

    #[test]
    fn a_server_that_never_answers_or_drips_is_left_at_the_deadline() {
        let hung = serving(|stream| {
            request(&stream);
            std::thread::sleep(Duration::from_secs(600));
        });
        let drips = serving(|mut stream| {
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n");
            while stream.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        for (_dir, host) in [hung, drips] {
            let started = Instant::now();
            let timeout = Duration::from_millis(300);
            assert_eq!(get(&host, "/docker.sock", "/", timeout), Err(HttpError::TimedOut));
            assert!(started.elapsed() < Duration::from_secs(30));
        }
    }

    #[test]
    fn an_answer_without_end_is_cut_off() {
        for head in [&b"HTTP/1.0 200 OK\r\n\r\n"[..], b"HTTP/1.0 200 OK\r\nX: "] {
            let (_dir, host) = serving(move |mut stream| {
                let _ = stream.write_all(head);
                while stream.write_all(&[b'x'; 64 << 10]).is_ok() {}
            });
            let error = get(&host, "/docker.sock", "/", Duration::from_secs(60)).unwrap_err();
            assert!(matches!(error, HttpError::TooLarge | HttpError::Malformed(_)), "{error}");
        }
    }
}
