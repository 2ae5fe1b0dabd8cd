//! What one text leaves open: the profile, and what it may learn of the environment.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

/// The name of the profile that is the manifest's top level.
pub const BASE: &str = "base";

/// Which of the manifests is meant that a text holds.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// The profile; [`BASE`] unless given.
    pub profile: Option<String>,
    /// What of the environment it may depend on.
    pub environment: Environment,
}

/// What of the environment a manifest may depend on; the front door fills it in.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The variable `SOURCE_DATE_EPOCH`: seconds since 1970.
    pub source_date_epoch: Option<String>,
    /// The variables that `[vars]` may name.
    pub variables: Variables,
}

/// Looks up environment variables. Only those are asked for that the manifest's `[vars]` names, so no other can reach
/// the output. The default knows none.
#[derive(Clone, Default)]
pub struct Variables(Option<Arc<Lookup>>);

type Lookup = dyn Fn(&str) -> Option<OsString> + Send + Sync;

impl Variables {
    /// Variables that `lookup` knows the values of.
    #[must_use]
    pub fn new(lookup: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(lookup)))
    }

    /// The value of a variable, if it is set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<OsString> {
        self.0.as_ref().and_then(|lookup| lookup(name))
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Their values are nobody's business.
        f.write_str("Variables")
    }
}

impl From<Environment> for Choice {
    fn from(environment: Environment) -> Self {
        Self {
            profile: None,
            environment,
        }
    }
}
