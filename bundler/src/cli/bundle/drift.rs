//! What `--locked` says when the bundle would not be what the lock says.

use schemars::JsonSchema;
use serde::Serialize;
use wasi_vfs::Error;
use wasi_vfs::diff::DifferencesReport;
use wasi_vfs::lock::LockError;

use crate::cli::report::REPORT;
use crate::cli::{Failure, Outcome, screen::Screen};

/// What `bundle --locked --json` prints when nothing was written.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct DriftReport {
    /// Version of this report's form.
    report: u32,
    /// The lock's path.
    lock: String,
    /// The profile; absent when there is no lock at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
    /// The stable code of what is wrong: `wasi_vfs::lock::drift`, `wasi_vfs::lock::missing` or
    /// `wasi_vfs::lock::profile_missing`.
    code: String,
    /// From the lock to what would be bundled; absent unless the lock has the profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    differences: Option<DifferencesReport>,
}

/// Turns a failed job into what ends the command: a drift has an exit code, and with `--json` a report, of its own.
pub(super) fn failure(error: Error, json: bool, screen: &Screen) -> Outcome<Failure> {
    match error {
        Error::Lock(error) if error.is_drift() => {
            if json {
                screen.print_json(&DriftReport::of(&error))?;
            }
            Ok(Failure::Drift(Box::new(error)))
        }
        error => Ok(error.into()),
    }
}

impl DriftReport {
    fn of(error: &LockError) -> Self {
        let (path, profile, differences) = match error {
            LockError::ProfileMissing { path, profile } => (path.as_path(), Some(profile), None),
            LockError::Drift(drift) => {
                let differences = DifferencesReport::from(&drift.differences);
                (
                    drift.path.as_path(),
                    Some(&drift.profile),
                    Some(differences),
                )
            }
            LockError::Missing { path } => (path.as_path(), None, None),
            other => unreachable!("BUG: `{other}` is no drift"),
        };
        Self {
            report: REPORT,
            lock: path.display().to_string(),
            profile: profile.cloned(),
            code: miette::Diagnostic::code(error)
                .map(|code| code.to_string())
                .unwrap_or_default(),
            differences,
        }
    }
}
