//! What is said of a program's initializer.

use wasi_vfs::Bundled;

use crate::cli::render::{human_size, printable};
use crate::cli::report::PreinitReport;
use crate::cli::screen::Screen;

/// Shows what the initializer printed, each line behind its name, and what came of it.
pub(super) fn show(bundled: &Bundled, screen: &Screen) {
    let Some(ran) = &bundled.ran else {
        return;
    };
    let name = printable(&ran.function);
    if ran.shown {
        for line in String::from_utf8_lossy(&ran.printed).lines() {
            screen.say(&format!("{name}: {}", printable(line)));
        }
        if ran.printed_more > 0 {
            screen.say(&format!("{name}: … and {}", human_size(ran.printed_more)));
        }
    }
    screen.say(&format!(
        "initialized with `{name}`: {} of memory, {} of them data",
        human_size(ran.memory_size),
        human_size(ran.data_size),
    ));
}

/// The same for a report.
pub(super) fn report(bundled: &Bundled) -> Option<PreinitReport> {
    let ran = bundled.ran.as_ref()?;
    Some(PreinitReport {
        function: ran.function.clone(),
        fuel: ran.fuel,
        memory_size: ran.memory_size,
        data_size: ran.data_size,
        output: String::from_utf8_lossy(&ran.printed).into_owned(),
    })
}
