//! Running programs in turn, and what that took.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What two ways of doing a thing took, side by side.
pub(crate) struct Pair {
    pub(crate) ours: f64,
    pub(crate) theirs: f64,
    pub(crate) ratio: f64,
}

/// Measures both in turn; each call returns what it took.
pub(crate) fn pair(
    rounds: usize,
    mut ours: impl FnMut() -> f64,
    mut theirs: impl FnMut() -> f64,
) -> Pair {
    // What is done for the first time pays for cold caches.
    let _ = (ours(), theirs());
    let runs: Vec<(f64, f64)> = (0..rounds).map(|_| (ours(), theirs())).collect();
    of_runs(&runs)
}

/// The medians of runs side by side.
pub(crate) fn of_runs(runs: &[(f64, f64)]) -> Pair {
    Pair {
        ours: median(runs.iter().map(|(ours, _)| *ours)),
        theirs: median(runs.iter().map(|(_, theirs)| *theirs)),
        ratio: median(runs.iter().map(|(ours, theirs)| ours / theirs)),
    }
}

pub(crate) fn median(all: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = all.collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Milliseconds that a program takes, which must succeed.
pub(crate) fn millis(command: &mut Command) -> f64 {
    let start = Instant::now();
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap_or_else(|error| panic!("can't start {command:?}: {error}"));
    assert!(status.success(), "{command:?} failed");
    start.elapsed().as_secs_f64() * 1e3
}

/// Peak memory of a program in MiB. It is read from the kernel while the program runs, so what it takes in its last
/// millisecond may be missed; a run of its own, because that disturbs.
pub(crate) fn peak_mib(command: &mut Command) -> f64 {
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("can't start {command:?}: {error}"));
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak_kib: u32 = 0;
    let status = loop {
        if let Some(status) = child.try_wait().expect("can be waited for") {
            break status;
        }
        let text = fs::read_to_string(&status_file).unwrap_or_default();
        let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
        peak_kib = peak.unwrap_or(peak_kib);
        std::thread::sleep(Duration::from_millis(1));
    };
    assert!(status.success(), "{command:?} failed");
    f64::from(peak_kib) / 1024.0
}
