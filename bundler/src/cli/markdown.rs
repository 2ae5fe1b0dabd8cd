//! `wasi-vfs markdown`, hidden: `docs/cli.md`.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::{Arg, Args, Command, CommandFactory as _};

use super::{Outcome, screen::Screen};

/// Print docs/cli.md
#[derive(Args)]
#[command(hide = true)]
pub(crate) struct Markdown {}

impl Markdown {
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        screen.print(&text())?;
        Ok(ExitCode::SUCCESS)
    }
}

fn text() -> String {
    let mut root = super::Cli::command();
    root.build();
    let commands: Vec<&Command> = root
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && command.get_name() != "help")
        .collect();
    let mut text = format!(
        "# The command line\n\n\
         <!-- Made by `wasi-vfs markdown`; a test compares. -->\n\n\
         {}. {}\n\n| command | |\n| --- | --- |\n",
        root.get_about()
            .map(ToString::to_string)
            .unwrap_or_default(),
        super::EXIT_CODES,
    );
    for command in &commands {
        let about = command.get_about().map(ToString::to_string);
        let name = command.get_name();
        put(
            &mut text,
            &format!(
                "| [`{name}`](#wasi-vfs-{name}) | {} |\n",
                about.unwrap_or_default()
            ),
        );
    }
    for command in &commands {
        section(&mut text, command);
    }
    put(&mut text, "\n## Everywhere\n\n");
    for argument in root.get_arguments() {
        if argument.is_global_set() {
            item(&mut text, argument);
        }
    }
    text
}

fn section(text: &mut String, command: &Command) {
    let name = command.get_name();
    put(text, &format!("\n## wasi-vfs {name}\n\n"));
    let about = command.get_long_about().or(command.get_about());
    put(
        text,
        &format!("{}\n", about.map(ToString::to_string).unwrap_or_default()),
    );
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    put(text, &format!("\n```text\n{usage}\n```\n\n"));
    for argument in command.get_arguments() {
        let special = ["help", "version"].contains(&argument.get_id().as_str());
        if !special && !argument.is_hide_set() && !argument.is_global_set() {
            item(text, argument);
        }
    }
    if let Some(after) = command.get_after_help() {
        let after = after.to_string();
        let (title, lines) = after.split_once(':').unwrap_or(("", &after));
        let lines: Vec<_> = lines
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        put(
            text,
            &format!("\n{title}:\n\n```sh\n{}\n```\n", lines.join("\n")),
        );
    }
}

/// One argument: its forms, what it is for, what it may be.
fn item(text: &mut String, argument: &Arg) {
    let mut forms = Vec::new();
    forms.extend(argument.get_short().map(|short| format!("`-{short}`")));
    let takes = argument
        .get_num_args()
        .is_some_and(|range| range.takes_values());
    let names = argument.get_value_names().unwrap_or_default().join(" ");
    match argument.get_long() {
        Some(long) if takes => forms.push(format!("`--{long} <{names}>`")),
        Some(long) => forms.push(format!("`--{long}`")),
        None => forms.push(format!("`{names}`")),
    }
    let help = argument.get_long_help().or(argument.get_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    put(
        text,
        &format!(
            "- {}: {}",
            forms.join(", "),
            help.replace("\n\n", "\n  ").trim()
        ),
    );
    if takes && !argument.is_hide_default_value_set() {
        let defaults = argument.get_default_values().iter();
        let defaults: Vec<_> = defaults
            .map(|value| format!("`{}`", value.display()))
            .collect();
        if !defaults.is_empty() {
            put(text, &format!(" (default: {})", defaults.join(" ")));
        }
    }
    if let Some(variable) = argument.get_env() {
        put(text, &format!(" (environment: `{}`)", variable.display()));
    }
    put(text, "\n");
    if takes {
        for value in argument.get_possible_values() {
            let help = value.get_help().map(|help| format!(": {help}"));
            put(
                text,
                &format!("  - `{}`{}\n", value.get_name(), help.unwrap_or_default()),
            );
        }
    }
}

fn put(text: &mut String, more: &str) {
    text.write_str(more)
        .expect("writing to a String can't fail");
}
