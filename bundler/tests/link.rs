//! The linker on small modules: what comes out, what is refused, how it behaves.
//!
//! `BLESS=1 cargo test -p wasi-vfs --test link` rewrites the golden files; read the difference before committing it.

#[path = "link/budget.rs"]
mod budget;
#[path = "link/bytes.rs"]
mod bytes;
#[path = "link/fuzz.rs"]
mod fuzz;
#[path = "link/golden.rs"]
mod golden;
#[path = "link/hermetic.rs"]
mod hermetic;
#[path = "link/limits.rs"]
mod limits;
#[path = "link/pre_linked.rs"]
mod pre_linked;
#[path = "link/refused.rs"]
mod refused;
#[path = "link/segments.rs"]
mod segments;
#[path = "link/slide.rs"]
mod slide;
#[path = "link/support.rs"]
mod support;
