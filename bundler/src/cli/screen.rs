//! What the user sees: stdout for results, stderr for what is said about them.

use std::fmt;
use std::io::{self, BufWriter, IsTerminal as _, Read, Write};

use clap::ColorChoice;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, MietteHandler, MietteHandlerOpts,
    ReportHandler,
};

use super::{Failure, Outcome};

/// Columns of a message where there is no terminal to ask; fixed, so that logs and goldens are stable.
const WIDTH: usize = 100;

/// The two streams, and how to write on them.
pub(crate) struct Screen {
    color: ColorChoice,
    quiet: bool,
}

/// Stdout can't be written.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("cannot write to stdout: {0}")]
#[diagnostic(
    code(wasi_vfs::cli::stdout),
    help("check where stdout goes: is the disk full?")
)]
struct StdoutError(#[source] io::Error);

/// An answer can't be read.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("no answer: {0}")]
#[diagnostic(
    code(wasi_vfs::cli::stdin),
    help("give the answers on the command line, see --help")
)]
struct StdinError(#[source] io::Error);

impl Screen {
    pub(crate) fn new(color: ColorChoice, quiet: bool) -> Self {
        Self { color, quiet }
    }

    /// Prints a result to stdout.
    pub(crate) fn print(&self, text: &str) -> Outcome<()> {
        self.write(text.as_bytes())
    }

    pub(crate) fn write(&self, bytes: &[u8]) -> Outcome<()> {
        self.stream(|stdout| stdout.write_all(bytes))
    }

    /// Prints a result to stdout that is made while it is printed.
    pub(crate) fn stream(
        &self,
        print: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Outcome<()> {
        let mut stdout = BufWriter::with_capacity(64 << 10, io::stdout().lock());
        print(&mut stdout)
            .and_then(|()| stdout.flush())
            .map_err(Self::stdout_failed)
    }

    /// What follows from an error of stdout's.
    pub(crate) fn stdout_failed(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Hangup,
            _ => StdoutError(error).into(),
        }
    }

    /// Copies what `from` has to stdout; `unreadable` words what goes wrong there.
    pub(crate) fn copy(
        &self,
        from: &mut dyn Read,
        unreadable: impl Fn(io::Error) -> Failure,
    ) -> Outcome<()> {
        let mut chunk = vec![0; 256 << 10];
        loop {
            let read = from.read(&mut chunk).map_err(&unreadable)?;
            if read == 0 {
                return Ok(());
            }
            self.write(&chunk[..read])?;
        }
    }

    /// Prints a report as JSON to stdout.
    pub(crate) fn print_json(&self, report: &impl serde::Serialize) -> Outcome<()> {
        self.stream(|stdout| {
            serde_json::to_writer_pretty(&mut *stdout, report)?;
            stdout.write_all(b"\n")
        })
    }

    /// Says something about a success, unless told to be quiet.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            self.err(text);
        }
    }

    /// Shows a remark that does not stop the work, unless told to be quiet.
    pub(crate) fn remark(&self, diagnostic: &dyn Diagnostic) {
        if !self.quiet {
            self.problem(diagnostic);
        }
    }

    /// Shows what is wrong.
    pub(crate) fn problem(&self, diagnostic: &dyn Diagnostic) {
        let text = if self.fancy() {
            let handler = MietteHandlerOpts::new()
                .terminal_links(false)
                .unicode(true)
                .color(true)
                .without_cause_chain()
                .build();
            format!("{:?}", Shown(&handler, diagnostic))
        } else {
            let mut text = String::new();
            let handler = GraphicalReportHandler::new_themed(GraphicalTheme::none())
                .without_cause_chain()
                .with_links(false)
                .with_width(WIDTH);
            match handler.render_report(&mut text, diagnostic) {
                Ok(()) => text,
                // The handler's only failures are those of the text it writes to: there are none.
                Err(fmt::Error) => diagnostic.to_string(),
            }
        };
        self.err(&text);
    }

    /// Whether there is somebody to ask: both ends of the talk are a terminal.
    pub(crate) fn can_ask(&self) -> bool {
        !self.quiet && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a question and reads one line; an empty one is the answer that was offered.
    pub(crate) fn ask(&self, question: &str, offered: Option<&str>) -> Outcome<String> {
        let offer = offered.map_or(String::new(), |offered| format!(" [{offered}]"));
        let mut stderr = io::stderr().lock();
        let _ = write!(stderr, "{question}{offer}: ").and_then(|()| stderr.flush());
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line).map_err(StdinError)?;
        if read == 0 {
            // The end of the input is no answer.
            let _ = writeln!(stderr);
            return Err(StdinError(io::ErrorKind::UnexpectedEof.into()).into());
        }
        Ok(match line.trim() {
            "" => offered.unwrap_or_default().to_owned(),
            answer => answer.to_owned(),
        })
    }

    /// Whether a progress bar has a place here.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Whether lines may be drawn with more than ASCII on stdout.
    pub(crate) fn draws(&self) -> bool {
        self.color != ColorChoice::Never && io::stdout().is_terminal()
    }

    /// Whether messages are coloured and drawn.
    fn fancy(&self) -> bool {
        match self.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => io::stderr().is_terminal() && !no_color(),
        }
    }

    /// Nothing can be done, and nobody told, when stderr itself fails.
    fn err(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{}", text.trim_end());
    }
}

/// <https://no-color.org>
#[expect(clippy::disallowed_methods, reason = "this is the front door")]
fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// A diagnostic under a handler that can only write to a formatter.
struct Shown<'a>(&'a MietteHandler, &'a dyn Diagnostic);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug(self.1, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only a terminal brings it about.
    #[test]
    fn no_answer() {
        let error = StdinError(io::ErrorKind::UnexpectedEof.into());
        let mut text = String::new();
        GraphicalReportHandler::new_themed(GraphicalTheme::none())
            .without_cause_chain()
            .with_width(WIDTH)
            .render_report(&mut text, &error)
            .expect("writing to a String can't fail");
        let golden = include_str!("../../tests/golden/cli/stdin.txt");
        assert_eq!(text.trim_end(), golden.trim_end());
    }
}
