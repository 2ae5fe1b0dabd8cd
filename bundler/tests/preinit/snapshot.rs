//! What is in a bundle of a program that was run.

use super::errors::expect;
use super::support::{Run, preinit, preinit_at, program};

const INIT: &str = "[preinit]\nfunction = \"init\"\n";

/// Both memory layouts.
const LAYOUTS: [&str; 2] = ["", "[link]\nmemory = \"isolated\"\n"];

#[test]
fn what_the_initializer_left_is_there() {
    let text = program(
        r#"(global $g (mut i64) (i64.const -1)) (global $f (mut f64) (f64.const 0))
        (func (export "init")
            call $open call $read drop
            i64.const 0x7fffffffffffffff global.set $g
            f64.const 2.5 global.set $f)
        (func (export "globals") (result i32)
            global.get $g i64.const 0x7fffffffffffffff i64.eq
            global.get $f f64.const 2.5 f64.eq i32.and)"#,
    );
    for layout in LAYOUTS {
        let (bundle, bundled) = preinit(&text, &format!("{layout}{INIT}")).unwrap();
        let mut run = Run::new(&bundle);
        assert_eq!(run.bytes(512, 9), b"forty-two");
        assert_eq!(run.call("globals", &[]), 1);
        assert!(!run.exports().contains(&"init".to_owned()));
        assert_eq!(bundled.sealed.record.preinit.as_deref(), Some("init"));
        assert_eq!(bundled.sealed.size, bundle.len() as u64);
    }
}

#[test]
fn an_open_embedded_file_goes_on_where_it_was() {
    let text = program(
        r#"(global $fd (mut i32) (i32.const 0))
        (func (export "init")
            call $open global.set $fd
            i32.const 408 i32.const 512 i32.store
            i32.const 412 i32.const 6 i32.store
            global.get $fd i32.const 408 i32.const 1 i32.const 416 call $fd_read call $must)
        (func (export "more") (result i32) global.get $fd call $read)"#,
    );
    for layout in LAYOUTS {
        let (bundle, _) = preinit(&text, &format!("{layout}{INIT}")).unwrap();
        let mut run = Run::new(&bundle);
        assert_eq!(run.bytes(512, 6), b"forty-");
        assert_eq!(run.call("more", &[]), 3);
        assert_eq!(run.bytes(512, 3), b"two");
        // Another one gets the next number.
        assert_eq!(run.call("open", &[]), 5);
    }
}

#[test]
fn the_same_program_gives_the_same_bytes() {
    let text = program(
        r#"(func (export "init")
            call $open call $read drop
            i32.const 600 i32.const 64 call $random_get call $must
            i32.const 0 i64.const 0 i32.const 680 call $clock_time_get call $must
            i32.const 1 i64.const 0 i32.const 688 call $clock_time_get call $must)"#,
    );
    let rest = format!("{INIT}random = \"fixed\"\nclock = \"fixed\"\n");
    let (first, bundled) = preinit(&text, &rest).unwrap();
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let again = pool.install(|| preinit(&text, &rest).unwrap().0);
        assert!(first == again);
    }
    let run = Run::new(&first);
    assert_ne!(run.bytes(600, 8), run.bytes(608, 8));
    // A microsecond each.
    assert_eq!(run.bytes(680, 8), 1000u64.to_le_bytes());
    assert_eq!(run.bytes(688, 8), 2000u64.to_le_bytes());
    let notices = bundled.ran.unwrap().notices();
    let mut wrong = Vec::new();
    assert_eq!(notices.len(), 1);
    expect("frozen_random", &notices[0], &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let (dated, _) = preinit_at(&text, &rest, Some("1700000000")).unwrap();
    let time = 1_700_000_000_000_001_000u64;
    assert_eq!(Run::new(&dated).bytes(680, 8), time.to_le_bytes());
}

/// The order of a start: the start function, `_initialize`, the initializer; none of them runs again.
#[test]
fn start_functions_run_once_and_in_order() {
    let trail = r#"
        (func $step (param $letter i32)
            i32.const 600 i32.const 600 i32.load i32.add i32.const 4 i32.add local.get $letter i32.store8
            i32.const 600 i32.const 600 i32.load i32.const 1 i32.add i32.store)
        (func $start i32.const 115 call $step) (start $start)
        (func (export "_initialize") i32.const 105 call $step)
        (func (export "init") i32.const 102 call $step)
        (func (export "go") (result i32) i32.const 103 call $step i32.const 0)"#;
    let (bundle, _) = preinit(&program(trail), INIT).unwrap();
    let mut run = Run::new(&bundle);
    assert_eq!(run.exports(), ["go", "memory", "open", "read"]);
    run.call("go", &[]);
    assert_eq!(run.bytes(600, 8), b"\x04\0\0\0sifg");

    let only = INIT.replace("\"init\"", "\"_initialize\"");
    let (bundle, _) = preinit(&program(trail), &only).unwrap();
    let run = Run::new(&bundle);
    assert_eq!(run.bytes(600, 7), b"\x02\0\0\0si\0");
    assert_eq!(run.exports(), ["go", "init", "memory", "open", "read"]);
}

#[test]
fn a_start_function_can_read_files_already() {
    let text = program(
        r#"(func $start call $open call $read drop) (start $start) (func (export "init"))"#,
    );
    for layout in LAYOUTS {
        let (bundle, _) = preinit(&text, &format!("{layout}{INIT}")).unwrap();
        assert_eq!(Run::new(&bundle).bytes(512, 9), b"forty-two");
    }
}

#[test]
fn exports_are_kept_and_renamed() {
    let text = program(
        r#"(func (export "init")) (func (export "_start") unreachable)
        (func (export "resume") (result i32) i32.const 7)"#,
    );
    let rest = format!("{INIT}keep-function = true\nrename = {{ _start = \"resume\" }}\n");
    let (bundle, _) = preinit(&text, &rest).unwrap();
    let mut run = Run::new(&bundle);
    assert_eq!(run.exports(), ["_start", "init", "memory", "open", "read"]);
    assert_eq!(run.call("_start", &[]), 7);
}

#[test]
fn a_command_that_has_lost_its_start_is_told_of() {
    let text = program(r#"(func (export "_start")) (func (export "resume"))"#);
    let mut wrong = Vec::new();
    for (keys, told) in [
        ("", true),
        ("keep-function = true\n", false),
        ("rename = { _start = \"resume\" }\n", false),
    ] {
        let init = INIT.replace("\"init\"", "\"_start\"");
        let (_, bundled) = preinit(&text, &format!("{init}{keys}")).unwrap();
        let notices = bundled.ran.unwrap().notices();
        assert_eq!(notices.len(), usize::from(told), "{keys}");
        for notice in &notices {
            expect("no_start", notice, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A program that grows its memory during the run, and a run that moves the interposer's region.
#[test]
fn a_memory_that_has_grown_goes_on_growing() {
    let text = program(
        r#"(func (export "init")
            call $open drop
            i32.const 2 memory.grow drop
            i32.const 131072 i32.const 77 i32.store8)
        (func (export "size") (result i32) memory.size)
        (func (export "grow") (param i32) (result i32) local.get 0 memory.grow)
        (func (export "at") (param i32) (result i32) local.get 0 i32.load8_u)"#,
    );
    for layout in LAYOUTS {
        let (bundle, _) = preinit(&text, &format!("{layout}{INIT}")).unwrap();
        let mut run = Run::new(&bundle);
        assert_eq!(run.call("size", &[]), 3);
        assert_eq!(run.call("at", &[131072]), 77);
        assert_eq!(run.call("grow", &[4]), 3);
        assert_eq!(run.call("size", &[]), 7);
        // Fresh pages are zero, although the region lay there.
        for at in (196_608..458_752).step_by(13) {
            assert_eq!(run.call("at", &[at]), 0, "{at}");
        }
        assert_eq!(run.call("open", &[]), 5);
        assert_eq!(run.call("read", &[5]), 9);
        assert_eq!(run.call("grow", &[34]), -1);
    }
}

/// The bits of a NaN are the canonical ones, whatever the machine makes of it.
#[test]
fn every_nan_is_the_same() {
    let text = program(
        r#"(global $zero (mut f64) (f64.const 0)) (global $one (mut f32) (f32.const -1))
        (func (export "init")
            i32.const 600 global.get $zero global.get $zero f64.div f64.store
            i32.const 608 global.get $one f32.sqrt f32.store
            i32.const 612 f32.const nan:0x200001 global.get $one f32.add f32.store
            i32.const 616 f32.const nan:0x200001 f64.promote_f32 f64.store
            i32.const 624 f64.const nan:0x4000000000001 f64.const 1 f64.min f64.store
            i32.const 632 f64.const nan:0x4000000000001 f32.demote_f64 f32.store
            i32.const 640
                v128.const f64x2 0 1 v128.const f64x2 0 1 f64x2.div v128.store
            i32.const 656 f64.const -nan:0x4000000000001 f64.nearest f64.store)"#,
    );
    let (bundle, _) = preinit(&text, INIT).unwrap();
    let run = Run::new(&bundle);
    let (nan64, nan32) = (
        0x7ff8_0000_0000_0000u64.to_le_bytes(),
        0x7fc0_0000u32.to_le_bytes(),
    );
    for at in [600, 616, 624, 640, 656] {
        assert_eq!(run.bytes(at, 8), nan64, "{at}");
    }
    for at in [608, 612, 632] {
        assert_eq!(run.bytes(at, 4), nan32, "{at}");
    }
    assert_eq!(run.bytes(648, 8), 1f64.to_le_bytes());
}

/// Only streams, variables and arguments that the manifest names, and nothing to wait for.
#[test]
fn the_host_is_nothing_but_the_manifest() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "sock_shutdown" (func $shutdown (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (memory (export "memory") 1)
        (func (export "init")
            (i32.store8 (i32.const 600) (call $environ_sizes (i32.const 608) (i32.const 612)))
            (i32.store8 (i32.const 601) (call $environ (i32.const 640) (i32.const 700)))
            (i32.store8 (i32.const 602) (call $args_sizes (i32.const 616) (i32.const 620)))
            (i32.store8 (i32.const 603) (call $args (i32.const 660) (i32.const 800)))
            (i32.store8 (i32.const 604) (call $prestat (i32.const 4) (i32.const 2000)))
            (i32.store (i32.const 900) (i32.const 2048))
            (i32.store (i32.const 904) (i32.const 16))
            (i32.store (i32.const 908) (i32.const -1))
            (i32.store8 (i32.const 605) (call $read (i32.const 0) (i32.const 900) (i32.const 1) (i32.const 908)))
            (i32.store8 (i32.const 606) (call $shutdown (i32.const 0) (i32.const 0)))
            (i32.store8 (i32.const 607) (call $yield))))"#;
    let rest = format!(
        "[env]\nBASE = \"b\"\nBOTH = \"env\"\n{INIT}args = [\"one\", \"two\"]\nenv = {{ BOTH = \"preinit\", A = \"1\" }}\n"
    );
    let (bundle, _) = preinit(text, &rest).unwrap();
    let run = Run::new(&bundle);
    // The fifth: `EBADF`, no descriptor 4. The seventh: `ENOTSOCK`, a stream is no socket.
    assert_eq!(run.bytes(600, 8), [0, 0, 0, 0, 8, 0, 57, 0]);
    assert_eq!(run.bytes(608, 4), 3u32.to_le_bytes());
    assert_eq!(
        run.bytes(700, 4 + 13 + 7),
        b"A=1\0BOTH=preinit\0BASE=b\0"[..24]
    );
    assert_eq!(run.bytes(616, 4), 3u32.to_le_bytes());
    assert_eq!(run.bytes(800, 16), b"program\0one\0two\0");
    // End of file.
    assert_eq!(run.bytes(908, 4), [0; 4]);
}

#[test]
fn what_it_printed_is_told() {
    let text = program(r#"(func (export "init") call $say call $say)"#);
    let (_, bundled) = preinit(&text, INIT).unwrap();
    let ran = bundled.ran.unwrap();
    assert_eq!(ran.printed, b"a line\nand another\na line\nand another\n");
    assert_eq!(ran.printed_more, 0);
    assert!(ran.fuel > 10 && ran.notices().is_empty());
}

/// A wait with only clocks takes no time, and streams are ready.
#[test]
fn waiting_is_over_at_once() {
    let text = program(
        r#"(func (export "init")
            ;; A second of the monotonic clock.
            i32.const 1000 i64.const 11 i64.store
            i32.const 1016 i32.const 1 i32.store
            i32.const 1024 i64.const 1000000000 i64.store
            i32.const 1000 i32.const 1200 i32.const 1 i32.const 1300 call $poll_oneoff call $must
            i32.const 1 i64.const 0 i32.const 1304 call $clock_time_get call $must)"#,
    );
    let (bundle, _) = preinit(&text, &format!("{INIT}clock = \"fixed\"\n")).unwrap();
    let run = Run::new(&bundle);
    assert_eq!(run.bytes(1200, 11), [11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(run.bytes(1300, 4), 1u32.to_le_bytes());
    let time = u64::from_le_bytes(run.bytes(1304, 8).try_into().unwrap());
    assert!((1_000_000_000..1_000_100_000).contains(&time), "{time}");
}

/// A program without file calls has no interposer, and is run all the same.
#[test]
fn a_program_without_file_calls() {
    let text = r#"(module (memory (export "memory") 1)
        (func (export "init") i32.const 100 i32.const 5 i32.store)
        (func (export "get") (result i32) i32.const 100 i32.load))"#;
    let (bundle, _) = preinit(text, INIT).unwrap();
    assert_eq!(Run::new(&bundle).call("get", &[]), 5);
}
