//! What kind of machine this is, and how busy others keep it.
//!
//! Guarantees that whoever reads the figures sees what bounds them: cores, the time one durable write takes on this
//! disk, and the load of others before the start. Leaves judgement to the reader.

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::time::Instant;

use crate::Failed;
use crate::figures::{Report, Samples};

/// Durable writes that are timed.
const WRITES: usize = 200;

/// Says what can be said of the machine.
pub(crate) fn describe(report: &mut Report) -> Result<(), Failed> {
    report.part("This machine");
    let cores = std::thread::available_parallelism()?;
    report.figure("cores", &cores.to_string());
    let load = fs::read_to_string("/proc/loadavg")?;
    report.figure("load before the start (1 minute)", load.split(' ').next().unwrap_or("?"));
    let syncs = durable_writes()?;
    let both = format!("{:.2} / {:.2} ms", syncs.median(), syncs.at(99));
    report.figure("one 4 KiB write with fdatasync, p50 / p99", &both);
    Ok(())
}

fn durable_writes() -> Result<Samples, Failed> {
    let folder = tempfile::tempdir()?;
    let mut file = File::create(folder.path().join("probe"))?;
    let block = [0x5a_u8; 4096];
    // Over blocks that are there already, as SQLite writes its log once it has grown.
    for _ in 0..WRITES {
        file.write_all(&block)?;
    }
    file.sync_all()?;
    file.seek(SeekFrom::Start(0))?;
    let mut samples = vec![];
    for _ in 0..WRITES {
        let began = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        samples.push(began.elapsed());
    }
    Ok(Samples::new(samples))
}
