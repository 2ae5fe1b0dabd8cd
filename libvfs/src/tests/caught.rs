//! Calls whose panics are results: caught, and not reported.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::prelude::v1::*;
use std::sync::Once;
use std::{format, thread_local};

thread_local! {
    /// What the panic caught now says and where; `None` when none is being caught.
    static SAID: Cell<Option<String>> = const { Cell::new(None) };
}

/// A panic that was caught.
pub(super) struct Caught {
    /// What it carried.
    pub(super) what: Box<dyn Any + Send>,
    /// What it said, and where.
    pub(super) said: String,
}

/// Runs this, and catches its panic.
pub(super) fn caught<T>(body: impl FnOnce() -> T) -> Result<T, Caught> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = take_hook();
        set_hook(Box::new(move |info| {
            SAID.with(|said| match said.take() {
                Some(_) => said.set(Some(format!("{info}"))),
                None => report(info),
            });
        }));
    });
    SAID.set(Some(String::new()));
    let result = catch_unwind(AssertUnwindSafe(body));
    let said = SAID.take().unwrap_or_default();
    result.map_err(|what| Caught { what, said })
}
