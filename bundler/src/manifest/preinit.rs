//! The program's own initializer, which is run while it is bundled.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What `[preinit]` says.
#[derive(Debug, Clone)]
pub struct Preinit {
    /// The exported function that is run.
    pub function: String,
    /// Where that is written.
    pub(crate) span: Range<usize>,
    /// Names and values of the variables that it gets, sorted by name.
    pub env: Vec<(String, String)>,
    /// The arguments that it gets behind the program's name.
    pub args: Vec<String>,
    /// Whether the bundle still exports it.
    pub keep_function: bool,
    /// Exports of the bundle that get the name of another, and what they were called: `(to, from)`, sorted.
    pub rename: Vec<(String, String)>,
    /// How much it may do; an instruction takes one, and more in large loops. 0 is no limit.
    pub fuel: u64,
    /// What it gets when it asks for random bytes.
    pub random: PreinitRandom,
    /// What it gets when it asks for the time.
    pub clock: PreinitClock,
    /// Whether what it prints is shown.
    pub output: PreinitOutput,
}

impl Preinit {
    /// What of it can make another bundle, as TOML: a key and its value each.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, String)> {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let mut settings = vec![("function".to_owned(), text(&self.function))];
        for (name, value) in &self.env {
            settings.push((format!("env.{name}"), text(value)));
        }
        if !self.args.is_empty() {
            let args: Vec<String> = self.args.iter().map(|argument| text(argument)).collect();
            settings.push(("args".to_owned(), format!("[{}]", args.join(", "))));
        }
        if self.keep_function {
            settings.push(("keep-function".to_owned(), "true".to_owned()));
        }
        for (to, from) in &self.rename {
            settings.push((format!("rename.{to}"), text(from)));
        }
        if self.random == PreinitRandom::Fixed {
            settings.push(("random".to_owned(), text("fixed")));
        }
        if let PreinitClock::Fixed { seconds } = self.clock {
            settings.push(("clock".to_owned(), format!("\"fixed\" at {seconds}")));
        }
        settings.sort();
        settings
    }
}

/// What an initializer gets when it asks for random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PreinitRandom {
    /// None: bundling fails.
    #[default]
    Trap,
    /// The same bytes each time.
    Fixed,
}

/// What an initializer gets when it asks for the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum PreinitClock {
    /// None: bundling fails.
    #[default]
    Trap,
    /// The same times each time: a microsecond later with every question.
    Fixed {
        /// The time at the start, in seconds since 1970: `SOURCE_DATE_EPOCH`, else 0.
        seconds: u64,
    },
}

/// What becomes of what an initializer prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PreinitOutput {
    /// It is shown while the program is bundled.
    #[default]
    Show,
    /// Nobody sees it.
    Hide,
}
