//! Test harness of wasi-vfs.
