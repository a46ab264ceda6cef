//! One request over one connection, from its beginning to what becomes of it.
//!
//! hyper writes the request and reads the answer. Between it and the socket stands a pump that can hold
//! back a part of the request, or not read the answer: hyper itself is a well-behaved client.

use super::Phase;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use lastrites_model::work::{Answer, RequestKind};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, copy, duplex, split};
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

/// The body of an upload; half of it is held back.
const BODY: &[u8] = b"0123456789";
/// What the pump holds between hyper and the socket: as much as any answer that is read needs.
const BUFFER: usize = 64 * 1024;

/// Connects, asks, and says what became of it. `under_way` is told once the end may begin.
pub(super) async fn talk(
    kind: RequestKind,
    path: &str,
    port: u16,
    under_way: oneshot::Sender<()>,
    phase: watch::Receiver<Phase>,
) -> Answer {
    let Ok(stream) = TcpStream::connect(("127.0.0.1", port)).await else { return Answer::Refused };
    let (ours, wire) = duplex(BUFFER);
    // Dropped with this future, and the connection with it.
    let mut helpers = JoinSet::new();
    // These two are under way only when they were answered once.
    let answered_first = matches!(kind, RequestKind::Idle | RequestKind::WebSocket);
    let (on_sent, on_answer) = if answered_first { (None, Some(under_way)) } else { (Some(under_way), None) };
    helpers.spawn_local(pump(kind, wire, stream, on_sent, phase));
    let Ok((mut ask, connection)) = http1::handshake(TokioIo::new(ours)).await else { return Answer::Cut };
    let connection = helpers.spawn_local(async move { drop(connection.with_upgrades().await) });
    let Some(request) = request(kind, path, port) else { return Answer::Cut };
    let Ok(response) = ask.send_request(request).await else { return Answer::Cut };
    match kind {
        RequestKind::WebSocket => {
            if response.status() != StatusCode::SWITCHING_PROTOCOLS {
                return whole(response).await;
            }
            let Ok(socket) = hyper::upgrade::on(response).await else { return Answer::Cut };
            tell(on_answer);
            farewell(TokioIo::new(socket)).await
        }
        RequestKind::Idle => {
            let first = whole(response).await;
            if first != Answer::Answered {
                return first;
            }
            tell(on_answer);
            // The connection's task ends with the connection; the sender keeps it from ending before.
            while !connection.is_finished() {
                helpers.join_next().await;
            }
            drop(ask);
            Answer::Closed
        }
        _ => whole(response).await,
    }
}

fn tell(whom: Option<oneshot::Sender<()>>) {
    if let Some(whom) = whom {
        // Nobody listens any more when the cell is over.
        let _ = whom.send(());
    }
}

fn request(kind: RequestKind, path: &str, port: u16) -> Option<Request<Full<Bytes>>> {
    let mut request = Request::builder().uri(path).header(HOST, format!("127.0.0.1:{port}"));
    let mut body = Full::default();
    match kind {
        RequestKind::Upload => {
            request = request.method(Method::POST);
            body = Full::from(BODY);
        }
        // Any sixteen bytes make a key (RFC 6455, 4.1); what the server makes of it is not checked.
        RequestKind::WebSocket => {
            request = request
                .header(CONNECTION, "Upgrade")
                .header(UPGRADE, "websocket")
                .header(SEC_WEBSOCKET_VERSION, "13")
                .header(SEC_WEBSOCKET_KEY, "bGFzdHJpdGVzIGFza3MuLg==");
        }
        _ => {}
    }
    request.body(body).ok()
}

/// Reads an answer to its end.
async fn whole(response: Response<Incoming>) -> Answer {
    let status = response.status();
    match response.into_body().collect().await {
        Ok(_) if status.is_server_error() => Answer::Error,
        Ok(_) => Answer::Answered,
        Err(_) => Answer::Cut,
    }
}

/// Carries bytes between hyper and the socket.
async fn pump(
    kind: RequestKind,
    wire: DuplexStream,
    stream: TcpStream,
    on_sent: Option<oneshot::Sender<()>>,
    phase: watch::Receiver<Phase>,
) {
    let (mut request, mut answer) = split(wire);
    let (mut from, mut to) = stream.into_split();
    let mut ended = phase.clone();
    let up = async {
        if send(kind, &mut request, &mut to, on_sent, phase).await.is_ok() {
            let _ = copy(&mut request, &mut to).await;
        }
        let _ = to.shutdown().await;
    };
    let down = async {
        if kind == RequestKind::Unread {
            let _ = ended.wait_for(|phase| *phase == Phase::Ended).await;
        }
        let _ = copy(&mut from, &mut answer).await;
        // To hyper, a connection that was reset is one that ended too early.
        let _ = answer.shutdown().await;
    };
    tokio::join!(up, down);
}

/// Sends the request up to where it is held back, and the rest once the target has taken note of its end.
async fn send(
    kind: RequestKind,
    request: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    on_sent: Option<oneshot::Sender<()>>,
    mut phase: watch::Receiver<Phase>,
) -> std::io::Result<()> {
    const END: &[u8] = b"\r\n\r\n";
    let mut bytes = Vec::new();
    let first = loop {
        if request.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let head = bytes.windows(END.len()).position(|part| part == END).map(|at| at + END.len());
        match (kind, head) {
            (RequestKind::Half, Some(head)) => break head - 2,
            (RequestKind::Upload, Some(head)) if bytes.len() >= head + BODY.len() / 2 => {
                break head + BODY.len() / 2;
            }
            (RequestKind::Upload, _) | (_, None) => {}
            (_, Some(_)) => break bytes.len(),
        }
    };
    to.write_all(&bytes[..first]).await?;
    tell(on_sent);
    if first < bytes.len() || kind == RequestKind::Upload {
        let _ = phase.wait_for(|phase| *phase >= Phase::Ending).await;
        to.write_all(&bytes[first..]).await?;
    }
    Ok(())
}

/// Reads a WebSocket until the server says farewell with a Close frame, and answers it (RFC 6455, 5.5.1),
/// or until it ends without one.
async fn farewell(mut socket: impl AsyncRead + AsyncWrite + Unpin) -> Answer {
    const CLOSE: u8 = 8;
    // FIN and Close; masked, as a client's frames are, with a mask of zeros; no payload.
    const REPLY: [u8; 6] = [0x88, 0x80, 0, 0, 0, 0];
    loop {
        let Ok((opcode, length)) = frame(&mut socket).await else { return Answer::Cut };
        let payload = copy(&mut (&mut socket).take(length), &mut tokio::io::sink()).await;
        if !matches!(payload, Ok(read) if read == length) {
            return Answer::Cut;
        }
        if opcode == CLOSE {
            let _ = socket.write_all(&REPLY).await;
            return Answer::Closed;
        }
    }
}

/// The head of a server's frame, which is not masked (RFC 6455, 5.2): opcode, length of the payload.
async fn frame(socket: &mut (impl AsyncRead + Unpin)) -> std::io::Result<(u8, u64)> {
    let opcode = socket.read_u8().await? & 0x0F;
    let length = match socket.read_u8().await? & 0x7F {
        126 => u64::from(socket.read_u16().await?),
        127 => socket.read_u64().await?,
        short => u64::from(short),
    };
    Ok((opcode, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn said(bytes: &[u8]) -> Answer {
        let (mut server, client) = duplex(1 << 20);
        server.write_all(bytes).await.expect("to write");
        server.shutdown().await.expect("to shut down");
        farewell(client).await
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_close_frame_is_a_farewell_after_frames_of_every_length() {
        let mut bytes = vec![0x81, 2, b'h', b'i', 0x82, 126, 1, 0];
        bytes.extend([0; 256]);
        bytes.extend([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
        bytes.extend(vec![0; 65536]);
        bytes.extend([0x88, 2, 3, 0xE9]);
        assert_eq!(said(&bytes).await, Answer::Closed);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn an_end_without_one_is_none() {
        assert_eq!(said(&[]).await, Answer::Cut);
        assert_eq!(said(&[0x81, 5, b'h']).await, Answer::Cut);
        assert_eq!(said(&[0x88, 2, 3]).await, Answer::Cut, "half of a Close frame");
    }
}
