//! CPython 3.11 importing 50 modules of its library: embedded, beside a directory of the host. This build of CPython has
//! its library, as an archive, in a wasi-vfs of 2023, which the same archive in a bundle of ours is compared with.

use std::fs;
use std::path::Path;
use std::process::Command;

use wasi_vfs_tests::{guest, tool};

use crate::Bench;
use crate::calls::{precompiled, program};
use crate::measure::{millis, pair};
use crate::row::Row;

const MODULES: &str = "abc argparse ast base64 bisect calendar cmd code codecs collections configparser contextlib copy csv \
     dataclasses datetime decimal difflib dis email enum fnmatch fractions functools getopt glob gzip hashlib heapq html \
     inspect io json keyword linecache locale logging numbers operator os pickle platform pprint random re shlex string \
     tarfile tempfile textwrap";

pub(crate) fn run(bench: &Bench) {
    let shipped = guest::cpython_tree().join("usr/local/lib");
    let bare = precompiled(bench, &guest::cpython());
    // The archive's members as files; the one file that is shipped outside of it among them.
    let unpacked = bundle(
        bench,
        &format!(
            "[[mount]]\nguest = \"/opt/lib/python3.11\"\nsource = {:?}\n",
            shipped.join("python311.zip")
        ),
    );
    let host = bench.folder.join("python-host");
    let mut extract = bench.tool(&["extract", "--quiet", "-o"]);
    millis(extract.arg(&host).arg(bench.folder.join("python.wasm")));
    let host = format!("{}::/opt", host.join("opt").display());
    let took = pair(
        11,
        || import(&unpacked, "/opt", None),
        || import(&bare, "/opt", Some(&host)),
    );
    print("of a directory", "a host directory", &took);
    let packed = bundle(
        bench,
        &format!("[[mount]]\nguest = \"/opt/lib\"\nsource = {shipped:?}\n"),
    );
    let took = pair(
        11,
        || import(&packed, "/opt", None),
        || import(&bare, "/usr/local", None),
    );
    print("of a zip archive", "wasi-vfs of 2023", &took);
}

fn bundle(bench: &Bench, mounts: &str) -> std::path::PathBuf {
    let manifest = bench.folder.join("python.toml");
    let module = guest::cpython();
    let text = format!(
        "manifest-version = 1\n[module]\ninput = {module:?}\noutput = \"python.wasm\"\n{mounts}"
    );
    fs::write(&manifest, text).expect("can't write the manifest");
    millis(&mut bench.bundle(&manifest));
    precompiled(bench, &bench.folder.join("python.wasm"))
}

/// Milliseconds of a process that imports them and ends.
fn import(compiled: &Path, home: &str, dir: Option<&str>) -> f64 {
    let mut command = Command::new(program());
    command.args(["run", "--allow-precompiled", "--env"]);
    command.arg(format!("PYTHONHOME={home}"));
    if let Some(dir) = dir {
        command.arg("--dir").arg(dir);
    }
    let imports: Vec<&str> = MODULES.split_whitespace().collect();
    let script = format!(
        "import {}; assert '{home}' in os.__file__",
        imports.join(", ")
    );
    command.arg(compiled).args(["-B", "-c", &script]);
    let began = std::time::Instant::now();
    let _ = tool::run(&mut command, b"").ok();
    began.elapsed().as_secs_f64() * 1e3
}

fn print(case: &str, versus: &str, took: &crate::measure::Pair) {
    Row {
        group: "python",
        case: &format!("50 modules {case}"),
        what: "start, import, end",
        ours: took.ours,
        theirs: took.theirs,
        unit: "ms",
        versus,
        ratio: took.ratio,
        budget: Some(1.0),
        peak_mib: None,
    }
    .print();
}
