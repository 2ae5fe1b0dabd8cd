//! The progress bar of long work.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use wasi_vfs::embed::Progress;

/// Work that is done sooner shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar on stderr that appears when the work takes long, and goes when it is done.
pub(crate) struct Bar {
    wanted: bool,
    started: Instant,
    bar: ProgressBar,
    shown: OnceLock<()>,
}

impl Bar {
    pub(crate) fn new(wanted: bool) -> Self {
        Self {
            wanted,
            started: Instant::now(),
            bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            shown: OnceLock::new(),
        }
    }

    fn show(&self) {
        self.shown.get_or_init(|| {
            let style =
                ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {bytes_per_sec}");
            self.bar
                .set_style(style.expect("the template is constant and tested"));
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        });
    }
}

impl Progress for Bar {
    fn begin(&self, total: u64) {
        self.bar.set_length(total);
    }

    fn advance(&self, bytes: u64) {
        if self.wanted && self.started.elapsed() >= PATIENCE {
            self.show();
        }
        self.bar.inc(bytes);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_valid() {
        let bar = Bar::new(false);
        bar.begin(10);
        bar.advance(3);
        bar.show();
        assert_eq!(bar.bar.position(), 3);
    }
}
