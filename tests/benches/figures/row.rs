//! One figure, a line of JSON.

use serde_json::{Value, json};

/// A figure beside what it is compared with.
pub(crate) struct Row<'a> {
    /// The group of figures, a table each.
    pub(crate) group: &'a str,
    /// What it was measured on.
    pub(crate) case: &'a str,
    /// What was measured.
    pub(crate) what: &'a str,
    /// The medians, in `unit`.
    pub(crate) ours: f64,
    pub(crate) theirs: f64,
    pub(crate) unit: &'a str,
    /// What ours is compared with.
    pub(crate) versus: &'a str,
    /// The median of the ratios of runs side by side: ours to theirs.
    pub(crate) ratio: f64,
    /// What the ratio should not be above.
    pub(crate) budget: Option<f64>,
    /// Peak memory of ours in MiB.
    pub(crate) peak_mib: Option<f64>,
}

impl Row<'_> {
    /// Writes the line.
    pub(crate) fn print(&self) {
        let mut line = json!({
            "group": self.group,
            "case": self.case,
            "what": self.what,
            "ours": digits(self.ours),
            "theirs": digits(self.theirs),
            "unit": self.unit,
            "versus": self.versus,
            "ratio": digits(self.ratio),
        });
        for (key, value) in [("budget", self.budget), ("peak-mib", self.peak_mib)] {
            if let Some(value) = value {
                line[key] = digits(value);
            }
        }
        println!("{line}");
    }
}

/// Four digits: more are noise.
fn digits(value: f64) -> Value {
    let rounded = format!("{value:.3e}").parse();
    json!(rounded.unwrap_or(value))
}
