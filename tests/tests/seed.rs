//! The demo on the page of the earlier wasi-vfs, line by line with the commands of this one.

use std::fs;

use wasi_vfs_tests::guest;
use wasi_vfs_tests::session::Session;

#[test]
fn the_demo() {
    let session = Session::new();
    let program = guest::sources().join("seed/getline.c");
    fs::copy(program, session.path("examples/getline.c")).expect("can't copy the program");
    fs::write(session.path("examples/mnt/hello.txt"), "Hello\n").expect("can't write a file");
    // Where the page has `cargo build` and `cargo run -p wasi-vfs-cli --`, this has the tool itself; wasmtime has renamed
    // its `--mapdir GUEST::HOST` to `--dir HOST::GUEST`. Each other word is the page's.
    session.run(
        "
# Build libwasi_vfs.a
$ wasi-vfs libvfs -o libwasi_vfs.a

# Build a WASI app with libwasi_vfs.a
$ $WASI_SDK_PATH/bin/clang -target wasm32-unknown-wasi -o getline.wasm examples/getline.c ./libwasi_vfs.a

# Run the WASI app with --mapdir
$ wasmtime run --dir ./examples/mnt::/ getline.wasm -- /hello.txt
Hello

# Pack ./examples/mnt directory into a WASM binary
$ wasi-vfs pack getline.wasm --mapdir /::./examples/mnt -o getline.packed.wasm

# Run the WASM binary again without --mapdir
$ wasmtime run getline.packed.wasm -- /hello.txt
Hello
",
    );
    // The library is not needed, and no compiler.
    session.run(
        "
$ $WASI_SDK_PATH/bin/clang -target wasm32-unknown-wasi -o plain.wasm examples/getline.c
$ wasi-vfs pack plain.wasm --mapdir /::./examples/mnt -o plain.packed.wasm
$ wasmtime run plain.packed.wasm -- /hello.txt
Hello
",
    );
}
