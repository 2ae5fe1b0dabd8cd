//! Programs that are run while they are bundled.

#[path = "preinit/errors.rs"]
mod errors;
#[path = "preinit/snapshot.rs"]
mod snapshot;
#[path = "preinit/support.rs"]
mod support;
