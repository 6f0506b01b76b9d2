//! The client: keep-alive connections that send prepared requests one after another.
//!
//! Guarantees that a connection sends its next request only once the last is answered in full, and that anything but
//! 200 is counted and named. Runs on one thread of a process other than the server's. Leaves signing to `delivery`.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::{LocalSet, spawn_local};

use crate::Failed;
use crate::figures::Samples;

/// Connections of a load.
pub(crate) const CONNECTIONS: usize = 32;
/// The longest that one load may take: what is not sent by then is not sent.
const LONGEST_LOAD: Duration = Duration::from_mins(1);

/// One keep-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// An answer, as far as a bench looks at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// From the first byte sent to the last byte received.
    pub(crate) took: Duration,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, Failed> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(4096) })
    }

    /// Sends one request and reads its answer.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<Answer, Failed> {
        let began = Instant::now();
        self.stream.write_all(request).await?;
        self.received.clear();
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err("the server closed a connection before it answered".into());
            }
            if let Some(status) = whole(&self.received) {
                return Ok(Answer { status, took: began.elapsed() });
            }
        }
    }
}

/// The status of an answer that is there in full.
fn whole(received: &[u8]) -> Option<u16> {
    let end = received.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let (head, body) = received.split_at_checked(end)?;
    let head = std::str::from_utf8(head).ok()?;
    let status = head.get(9..12)?.parse().ok()?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(Some(0), |length| length.trim().parse::<usize>().ok())?;
    (body.len() >= length).then_some(status)
}

/// What a load came to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    /// Requests that were answered 200.
    pub(crate) acknowledged: usize,
    /// Answers with another status.
    pub(crate) refused: usize,
    /// Acknowledgements per second.
    pub(crate) rate: f64,
    /// Time of each.
    pub(crate) times: Vec<Duration>,
}

impl Outcome {
    /// Adds a later part of the same load.
    pub(crate) fn add(&mut self, later: Self) {
        let seconds = self.seconds() + later.seconds();
        self.acknowledged += later.acknowledged;
        self.refused += later.refused;
        self.times.extend(later.times);
        self.rate = whole_number(self.acknowledged) / seconds;
    }

    fn seconds(&self) -> f64 {
        if self.acknowledged == 0 { 0.0 } else { whole_number(self.acknowledged) / self.rate }
    }

    pub(crate) fn samples(&self) -> Samples {
        Samples::new(self.times.clone())
    }
}

/// A count as a floating number; counts here are far below where that loses anything.
pub(crate) fn whole_number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// Sends all requests over [`CONNECTIONS`] connections.
pub(crate) fn send_all(address: SocketAddr, requests: Vec<Vec<u8>>) -> Result<Outcome, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let waiting = Rc::new(RefCell::new(VecDeque::from(requests)));
        let mut connections = vec![];
        for _ in 0..CONNECTIONS {
            connections.push(Connection::open(address).await?);
        }
        let began = Instant::now();
        let tasks: Vec<_> = connections
            .into_iter()
            .map(|connection| spawn_local(send_some(connection, Rc::clone(&waiting), began)))
            .collect();
        let mut outcome = Outcome::default();
        for task in tasks {
            for answer in task.await?? {
                if answer.status == 200 {
                    outcome.acknowledged += 1;
                    outcome.times.push(answer.took);
                } else {
                    outcome.refused += 1;
                }
            }
        }
        outcome.rate = whole_number(outcome.acknowledged) / began.elapsed().as_secs_f64();
        Ok(outcome)
    })
}

async fn send_some(
    mut connection: Connection,
    waiting: Rc<RefCell<VecDeque<Vec<u8>>>>,
    began: Instant,
) -> Result<Vec<Answer>, Failed> {
    let mut answers = vec![];
    while began.elapsed() < LONGEST_LOAD {
        let Some(request) = waiting.borrow_mut().pop_front() else { break };
        answers.push(connection.send(&request).await?);
    }
    Ok(answers)
}
