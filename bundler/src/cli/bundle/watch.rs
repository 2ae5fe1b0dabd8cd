//! `bundle --watch`: the job again whenever something that it reads changes.

mod targets;

use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, SystemTime};

use miette::Diagnostic;
use notify::{Event, RecursiveMode, Watcher as _};
use wasi_vfs::Job;

use crate::cli::progress::Bar;
use crate::cli::render::count;
use crate::cli::{Outcome, screen::Screen};
use targets::Targets;

/// Editors write a file in several steps, and git many files: a run begins when so long nothing happened.
const QUIET: Duration = Duration::from_millis(100);

/// But not later than so long after the first change, when something changes all the time.
const PATIENCE: Duration = Duration::from_secs(2);

/// The system does not tell of changes.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("cannot watch for changes: {0}")]
#[diagnostic(
    code(wasi_vfs::cli::watch),
    help(
        "if there are too many folders to watch, raise the limit (Linux: `sysctl fs.inotify.max_user_watches`), or run `wasi-vfs bundle` without --watch"
    )
)]
struct WatchError(notify::Error);

/// Runs the job, and again after each change. Ends only when the system can't watch; users interrupt it.
pub(super) fn watch(job: &Job, screen: &Screen) -> Outcome<ExitCode> {
    let (sender, events) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(sender).map_err(WatchError)?;
    let mut targets = Targets::default();
    loop {
        #[expect(
            clippy::disallowed_methods,
            reason = "compared with times of inputs, and does not reach the output"
        )]
        let started = SystemTime::now();
        let bar = Bar::new(screen.shows_progress());
        let (inputs, done) = job.attempt(&bar);
        drop(bar);
        let next = Targets::of(job, &inputs, &done, targets.clone());
        match &done {
            Ok(done) => drop(super::tell(done, screen)),
            Err(error) => screen.problem(error),
        }
        for folder in targets.folders().filter(|folder| !next.watches(folder)) {
            // It may be gone, and its watch with it.
            let _ = watcher.unwatch(folder);
        }
        let mut new = false;
        for folder in next.folders() {
            new |= !targets.watches(folder);
            // Those that were watched, too: a folder that was removed and made again is another one.
            match watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => {}
                // Gone since the job read it, which its own folder tells.
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(WatchError(error).into()),
            }
        }
        targets = next;
        if new {
            let folders = targets.folders().count() as u64;
            screen.say(&format!(
                "watching {}; Ctrl-C ends this",
                count(folders, "folder", "folders")
            ));
            // What changed before the watch began was told by nobody.
            if targets.changed_since(started) {
                continue;
            }
        }
        wait(&events, &targets)?;
    }
}

fn is_gone(error: &notify::Error) -> bool {
    match &error.kind {
        notify::ErrorKind::PathNotFound => true,
        notify::ErrorKind::Io(error) => error.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

/// Waits for a change that matters, and for the quiet after it.
fn wait(events: &Receiver<notify::Result<Event>>, targets: &Targets) -> Outcome<()> {
    let matters = |event: notify::Result<Event>| match event {
        Ok(event) => targets.concern(&event),
        // Changes were lost: anything may have happened.
        Err(_) => true,
    };
    const ENDED: &str = "the watcher lives as long as this";
    while !matters(events.recv().expect(ENDED)) {}
    let steps = PATIENCE.as_millis() / QUIET.as_millis();
    for _ in 0..steps {
        match events.recv_timeout(QUIET) {
            // Whatever it is about: something is being done.
            Ok(_) => std::thread::sleep(QUIET),
            Err(_) => break,
        }
        while events.try_recv().is_ok() {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use miette::{GraphicalReportHandler, GraphicalTheme};

    use super::*;

    /// Systems rarely refuse to watch, so this one is rendered here.
    #[test]
    fn what_a_system_that_does_not_watch_is_told() {
        let error = WatchError(notify::Error::new(notify::ErrorKind::MaxFilesWatch));
        let mut text = String::new();
        GraphicalReportHandler::new_themed(GraphicalTheme::none())
            .with_width(100)
            .render_report(&mut text, &error)
            .unwrap();
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let golden = include_str!("../../../tests/golden/cli/watch.txt");
        assert_eq!(lines.join("\n") + "\n", golden);
    }
}
