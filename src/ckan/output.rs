//! What a program prints: split into lines as it comes, cleaned, filtered, bounded.
//!
//! Guarantees that any amount of output takes a bounded amount of memory, that a program is slowed down rather than
//! cut short where it prints faster than it is read, and that nothing leaves here that did not go through
//! [`Redaction`]. Leaves the meaning of a line to its callers.

use std::collections::VecDeque;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::Instant;

use super::process::Running;
use super::redaction::Redaction;

/// How much is read at a time, in bytes.
const PIECE: usize = 32 * 1024;
/// The longest line that is kept, in bytes. The rest of a longer one is left out.
const LONGEST_LINE: usize = 8 * 1024;
/// What stands in its place.
const CUT: &str = "[the rest of this line is left out]";
/// How much of the end is kept: lines, and bytes of them all.
const TAIL_LINES: usize = 100;
const TAIL_BYTES: usize = 16 * 1024;
/// After the program has ended, somebody who left its group may hold its output open: what is there is read, but
/// nobody is waited for.
const QUIET: Duration = Duration::from_secs(1);
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Where a program printed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// One line that a program printed, cleaned and filtered. It never has a line break, a control character or a
/// secret in it, and is never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it printed it.
    pub from: Stream,
    /// What it says.
    pub text: String,
}

/// The last lines of a program, of both streams in the order in which they came: at most 100 lines and 16 KiB.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tail {
    lines: VecDeque<Line>,
    bytes: usize,
}

impl Tail {
    /// Adds a line, and forgets the first ones where there are too many.
    pub fn push(&mut self, line: Line) {
        self.bytes += line.text.len();
        self.lines.push_back(line);
        while self.lines.len() > TAIL_LINES || self.bytes > TAIL_BYTES {
            let Some(first) = self.lines.pop_front() else { break };
            self.bytes -= first.text.len();
        }
    }

    /// The lines, oldest first.
    pub fn into_lines(self) -> Vec<Line> {
        self.lines.into()
    }
}

/// How a program ended that was watched to its end.
pub(super) enum Ending {
    /// By itself.
    Ended(ExitStatus),
    /// It was killed at its time limit.
    TimedOut,
    /// Nobody can tell any more how it ended.
    Lost,
}

/// Reads everything that the program prints until it ends or its time is over. What it printed until then has been
/// given to `seen` in either case.
pub(super) async fn watch(
    mut running: Running,
    redaction: &Redaction,
    time_limit: Option<Duration>,
    seen: &mut (dyn FnMut(Line) + Send),
) -> Ending {
    let (out, err) = running.outputs();
    let mut out = Source::new(Stream::Out, out);
    let mut err = Source::new(Stream::Err, err);
    let ending = {
        let ended = running.ended();
        let limit = tokio::time::sleep(time_limit.unwrap_or_default());
        tokio::pin!(ended, limit);
        loop {
            tokio::select! {
                piece = out.piece(), if out.is_open() => out.take(piece, redaction, seen),
                piece = err.piece(), if err.is_open() => err.take(piece, redaction, seen),
                status = &mut ended => break status.map_or(Ending::Lost, Ending::Ended),
                () = &mut limit, if time_limit.is_some() => break Ending::TimedOut,
            }
        }
    };
    // Kills it, where it has not ended.
    drop(running);
    let patience = Instant::now() + LAST_WORDS;
    while out.is_open() || err.is_open() {
        let quiet = tokio::time::sleep_until(patience.min(Instant::now() + QUIET));
        tokio::select! {
            piece = out.piece(), if out.is_open() => out.take(piece, redaction, seen),
            piece = err.piece(), if err.is_open() => err.take(piece, redaction, seen),
            () = quiet => break,
        }
    }
    out.lines.finish(redaction, seen);
    err.lines.finish(redaction, seen);
    ending
}

/// One of the two streams.
struct Source<R> {
    reader: Option<R>,
    piece: Vec<u8>,
    lines: Lines,
}

impl<R: AsyncRead + Unpin> Source<R> {
    fn new(from: Stream, reader: Option<R>) -> Self {
        Self { reader, piece: vec![0; PIECE], lines: Lines::new(from) }
    }

    fn is_open(&self) -> bool {
        self.reader.is_some()
    }

    /// How many bytes came; none at its end. A future that is dropped has read nothing.
    async fn piece(&mut self) -> usize {
        match &mut self.reader {
            Some(reader) => reader.read(&mut self.piece).await.unwrap_or(0),
            None => 0,
        }
    }

    fn take(&mut self, count: usize, redaction: &Redaction, seen: &mut (dyn FnMut(Line) + Send)) {
        if count == 0 {
            self.reader = None;
        }
        self.lines.take(self.piece.get(..count).unwrap_or_default(), redaction, seen);
    }
}

/// Makes lines of pieces. A line ends with a line feed, or with a carriage return, as progress does.
struct Lines {
    from: Stream,
    line: Vec<u8>,
    is_cut: bool,
}

impl Lines {
    fn new(from: Stream) -> Self {
        Self { from, line: vec![], is_cut: false }
    }

    fn take(&mut self, piece: &[u8], redaction: &Redaction, seen: &mut (dyn FnMut(Line) + Send)) {
        let mut parts = piece.split(|byte| matches!(byte, b'\n' | b'\r'));
        if let Some(first) = parts.next() {
            self.add(first);
        }
        for part in parts {
            self.finish(redaction, seen);
            self.add(part);
        }
    }

    fn add(&mut self, part: &[u8]) {
        let room = LONGEST_LINE - self.line.len();
        self.is_cut |= part.len() > room;
        self.line.extend_from_slice(part.get(..room.min(part.len())).unwrap_or_default());
    }

    fn finish(&mut self, redaction: &Redaction, seen: &mut (dyn FnMut(Line) + Send)) {
        let mut text = redaction.line(&String::from_utf8_lossy(&self.line), self.is_cut);
        if self.is_cut {
            text = if text.is_empty() { CUT.to_owned() } else { format!("{text} {CUT}") };
        }
        self.line.clear();
        self.is_cut = false;
        if !text.trim().is_empty() {
            seen(Line { from: self.from, text });
        }
    }
}
