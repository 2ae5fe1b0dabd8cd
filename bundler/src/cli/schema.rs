//! `wasi-vfs schema`

use clap::{Args, ValueEnum};

use super::bundle::DriftReport;
use super::diff::DiffReport;
use super::verify::VerifyReport;
use super::{Outcome, report, screen::Screen};

/// Print the JSON Schema of the manifest, for editors, or of a report
#[derive(Args)]
#[command(after_help = "Example: wasi-vfs schema > wasi-vfs.schema.json")]
pub(crate) struct Schema {
    /// What the schema describes
    #[arg(value_name = "WHAT", default_value = "manifest")]
    what: What,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// wasi-vfs.toml
    Manifest,
    /// What `bundle --json` prints
    BundleReport,
    /// wasi-vfs.lock
    Lock,
    /// What `bundle --locked --json` prints when it finds a change
    DriftReport,
    /// What `verify --json` prints
    VerifyReport,
    /// What `diff --json` prints
    DiffReport,
    /// What `plan --json` prints
    PlanReport,
    /// What `inspect --json` prints
    InspectReport,
    /// What `extract --json` prints
    ExtractReport,
    /// What `why --json` prints
    WhyReport,
}

impl Schema {
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        let schema = match self.what {
            What::Manifest => wasi_vfs::manifest::schema(),
            What::BundleReport => schemars::schema_for!(report::BundleReport).to_value(),
            What::Lock => wasi_vfs::lock::schema(),
            What::DriftReport => schemars::schema_for!(DriftReport).to_value(),
            What::VerifyReport => schemars::schema_for!(VerifyReport).to_value(),
            What::DiffReport => schemars::schema_for!(DiffReport).to_value(),
            What::PlanReport => schemars::schema_for!(report::PlanReport<'static>).to_value(),
            What::InspectReport => schemars::schema_for!(report::InspectReport<'_>).to_value(),
            What::WhyReport => schemars::schema_for!(report::WhyReport).to_value(),
            What::ExtractReport => schemars::schema_for!(report::ExtractReport).to_value(),
        };
        screen.print_json(&schema)?;
        Ok(std::process::ExitCode::SUCCESS)
    }
}
