//! A linker that is not rustc's own exports what it is told to.

fn main() {
    println!("cargo:rustc-link-arg-bins=-Wl,--export=init");
}
