//! One call of gRPC over a unix socket: a message goes, a message comes, or a status that says why not
//! (grpc/doc/PROTOCOL-HTTP2.md).

use std::time::Instant;

use h2::RecvStream;
use h2::client::{self, SendRequest};
use http::{HeaderMap, Method, Request};
use prost::Message;
use prost::bytes::Bytes;
use tokio::net::UnixStream;

use crate::host::{Host, HostError};

/// How much of an answer is read at most, in bytes.
const CAP: usize = 4 << 20;

/// The bytes before a message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// The status of a method that the server does not have.
const UNIMPLEMENTED: &str = "12";

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum CallError {
    /// The socket cannot be connected to.
    #[error(transparent)]
    Connect(HostError),
    /// The answer was not there in time.
    #[error("no answer in time")]
    TimedOut,
    /// The server does not have this method.
    #[error("the server does not have this method")]
    Unimplemented,
    /// The server answered with an error.
    #[error("the server answered with status {0}")]
    Status(String),
    /// The answer is not gRPC, or larger than anybody needs.
    #[error("the answer is not gRPC: {0}")]
    Malformed(String),
}

/// Calls methods of the server at one socket.
pub(super) struct Client<'h> {
    host: &'h Host,
    socket: &'h str,
    deadline: Instant,
}

impl<'h> Client<'h> {
    pub(super) fn new(host: &'h Host, socket: &'h str, deadline: Instant) -> Self {
        Self { host, socket, deadline }
    }

    /// Calls `method`, on a connection of its own.
    ///
    /// # Errors
    ///
    /// As [`CallError`] says.
    pub(super) fn call<Q: Message, A: Message + Default>(
        &self,
        method: &str,
        request: &Q,
    ) -> Result<A, CallError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.map_err(malformed)?;
        let connection = self.host.connect_unix(self.socket, self.left()).map_err(CallError::Connect)?;
        let answer = runtime.block_on(async {
            let stream = connection.into_stream().and_then(UnixStream::from_std).map_err(malformed)?;
            let exchange = exchange(stream, method, request.encode_to_vec());
            tokio::time::timeout(self.left(), exchange).await.map_err(|_| CallError::TimedOut)?
        })?;
        A::decode(answer.as_slice()).map_err(malformed)
    }

    fn left(&self) -> std::time::Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

async fn exchange(stream: UnixStream, method: &str, message: Vec<u8>) -> Result<Vec<u8>, CallError> {
    let (sender, connection) = client::handshake(stream).await.map_err(malformed)?;
    // When it breaks, the call ends with an error; when the call is over, it ends with the runtime.
    drop(tokio::spawn(connection));
    ask(sender, method, message).await
}

async fn ask(sender: SendRequest<Bytes>, method: &str, message: Vec<u8>) -> Result<Vec<u8>, CallError> {
    let mut sender = sender.ready().await.map_err(malformed)?;
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://localhost{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .map_err(malformed)?;
    let (response, mut body) = sender.send_request(request, false).map_err(malformed)?;
    body.send_data(framed(&message).into(), true).map_err(malformed)?;
    let response = response.await.map_err(malformed)?;
    check(response.headers())?;
    let mut stream = response.into_body();
    let answer = read(&mut stream).await?;
    if let Some(trailers) = stream.trailers().await.map_err(malformed)? {
        check(&trailers)?;
    }
    unframed(&answer).map(<[u8]>::to_vec)
}

async fn read(stream: &mut RecvStream) -> Result<Vec<u8>, CallError> {
    let mut answer = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data.map_err(malformed)?;
        stream.flow_control().release_capacity(data.len()).map_err(malformed)?;
        answer.extend_from_slice(&data);
        if answer.len() > CAP {
            return Err(malformed("it is too large"));
        }
    }
    Ok(answer)
}

/// The status in headers or trailers, if it is one.
fn check(headers: &HeaderMap) -> Result<(), CallError> {
    match headers.get("grpc-status").map(|status| status.to_str().unwrap_or("?")) {
        None | Some("0") => Ok(()),
        Some(UNIMPLEMENTED) => Err(CallError::Unimplemented),
        Some(status) => Err(CallError::Status(status.to_owned())),
    }
}

/// The message with its prefix.
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0], &length.to_be_bytes()[..], message].concat()
}

/// The message without its prefix.
fn unframed(answer: &[u8]) -> Result<&[u8], CallError> {
    match answer.split_at_checked(PREFIX) {
        Some(([0, length @ ..], message))
            if length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)) == message.len() =>
        {
            Ok(message)
        }
        _ => Err(malformed("it is no whole message")),
    }
}

fn malformed(error: impl ToString) -> CallError {
    CallError::Malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_its_length_before_it() {
        assert_eq!(framed(b"ab"), b"\0\0\0\0\x02ab");
        assert_eq!(unframed(b"\0\0\0\0\x02ab"), Ok(&b"ab"[..]));
        assert_eq!(unframed(b"\0\0\0\0\0"), Ok(&b""[..]));
        for other in [&b""[..], b"\0\0\0\0", b"\x01\0\0\0\x02ab", b"\0\0\0\0\x03ab", b"\0\xff\xff\xff\xffab"]
        {
            assert!(unframed(other).is_err(), "{other:?}");
        }
    }

    #[test]
    fn a_status_other_than_zero_is_an_error() {
        let status = |text: &'static str| {
            check(&HeaderMap::from_iter([(
                http::HeaderName::from_static("grpc-status"),
                http::HeaderValue::from_static(text),
            )]))
        };
        assert_eq!(check(&HeaderMap::new()), Ok(()));
        assert_eq!(status("0"), Ok(()));
        assert_eq!(status("12"), Err(CallError::Unimplemented));
        assert_eq!(status("14"), Err(CallError::Status("14".to_owned())));
    }
}
