//! Each set is held against wasmparser's validator: with these proposals the module is valid, with one less it is not.

use wasmparser::{Validator, WasmFeatures};

use super::*;

/// What the validator calls them. Some proposals are built on others, which are given with them.
fn features(requires: Requires) -> WasmFeatures {
    let mut features = WasmFeatures::MVP;
    for name in requires.names() {
        features |= match name {
            "mutable-global" => WasmFeatures::MUTABLE_GLOBAL,
            "sign-extension" => WasmFeatures::SIGN_EXTENSION,
            "saturating-float-to-int" => WasmFeatures::SATURATING_FLOAT_TO_INT,
            "multi-value" => WasmFeatures::MULTI_VALUE,
            "bulk-memory" => WasmFeatures::BULK_MEMORY,
            "reference-types" => WasmFeatures::REFERENCE_TYPES,
            "simd" => WasmFeatures::SIMD,
            "relaxed-simd" => WasmFeatures::RELAXED_SIMD,
            "threads" => WasmFeatures::THREADS,
            "tail-call" => WasmFeatures::TAIL_CALL,
            "extended-const" => WasmFeatures::EXTENDED_CONST,
            "multi-memory" => WasmFeatures::MULTI_MEMORY,
            "legacy-exceptions" => WasmFeatures::LEGACY_EXCEPTIONS | WasmFeatures::EXCEPTIONS,
            "exceptions" => WasmFeatures::EXCEPTIONS,
            "memory64" => WasmFeatures::MEMORY64,
            "function-references" => {
                WasmFeatures::FUNCTION_REFERENCES | WasmFeatures::REFERENCE_TYPES
            }
            "gc" => {
                WasmFeatures::GC | WasmFeatures::FUNCTION_REFERENCES | WasmFeatures::REFERENCE_TYPES
            }
            "wide-arithmetic" => WasmFeatures::WIDE_ARITHMETIC,
            "custom-page-sizes" => WasmFeatures::CUSTOM_PAGE_SIZES,
            name => panic!("no feature for `{name}`"),
        };
    }
    features
}

fn valid(module: &[u8], requires: Requires) -> Result<(), String> {
    let mut validator = Validator::new_with_features(features(requires));
    let valid = validator.validate_all(module);
    valid.map(drop).map_err(|error| error.to_string())
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let module = wat::parse_str(format!("(module {text})")).unwrap();
    let found = of_parts(&module);
    assert_eq!(found.names().collect::<Vec<_>>(), expected, "{text}");
    assert_eq!(valid(&module, found), Ok(()), "{text}");
    for name in expected {
        let less = found.without(Requires::named([*name]));
        assert!(valid(&module, less).is_err(), "{text} without {name}");
    }
}

#[test]
fn each_proposal_is_found() {
    for (text, expected) in [
        ("", &[][..]),
        (
            "(memory 1) (table 1 funcref) (type $t (func)) (elem (i32.const 0) $f) (data (i32.const 0) \"a\")
             (func $f (result i32) (local f64) (call_indirect (type $t) (i32.const 0)) (block (result i32) (i32.load (memory.grow (i32.const 1)))))",
            &[],
        ),
        ("(global (export \"g\") (mut i32) (i32.const 0))", &["mutable-global"]),
        ("(import \"a\" \"g\" (global (mut i32)))", &["mutable-global"]),
        ("(global (mut i32) (i32.const 0)) (global (export \"g\") i32 (i32.const 0))", &[]),
        ("(func (result i32) (i32.extend8_s (i32.const 0)))", &["sign-extension"]),
        (
            "(func (result i64) (i64.trunc_sat_f32_u (f32.const 0)))",
            &["saturating-float-to-int"],
        ),
        ("(func (result i32 i32) (i32.const 0) (i32.const 0))", &["multi-value"]),
        (
            "(func (i32.const 0) (block (param i32) (drop)))",
            &["multi-value"],
        ),
        ("(memory 1) (data \"a\")", &["bulk-memory"]),
        (
            "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))",
            &["bulk-memory"],
        ),
        ("(table 1 funcref) (func $f) (elem func $f)", &["bulk-memory"]),
        ("(table 1 externref)", &["reference-types"]),
        ("(table 1 funcref) (table 1 funcref)", &["reference-types"]),
        ("(func (param externref))", &["reference-types"]),
        ("(func (local funcref))", &["reference-types"]),
        (
            "(table 1 funcref) (func (drop (table.size)))",
            &["reference-types"],
        ),
        (
            "(func (drop (select (result i32) (i32.const 0) (i32.const 0) (i32.const 0))))",
            &["reference-types"],
        ),
        ("(func (drop (v128.const i64x2 0 0)))", &["simd"]),
        ("(func (param v128))", &["simd"]),
        ("(func (local v128))", &["simd"]),
        (
            "(func (param v128) (result v128) (i32x4.relaxed_trunc_f32x4_s (local.get 0)))",
            &["simd", "relaxed-simd"],
        ),
        ("(memory 1 1 shared)", &["threads"]),
        (
            "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))",
            &["threads"],
        ),
        ("(func $f (return_call $f))", &["tail-call"]),
        (
            "(import \"a\" \"b\" (global i32)) (global i32 (i32.add (global.get 0) (i32.const 1)))",
            &["extended-const"],
        ),
        (
            "(memory 1) (data (offset (i32.add (i32.const 1) (i32.const 1))) \"a\")",
            &["extended-const"],
        ),
        ("(memory 1) (memory 1)", &["multi-memory"]),
        (
            "(memory 1) (memory 1) (func (drop (i32.load 1 (i32.const 0))))",
            &["multi-memory"],
        ),
        ("(tag)", &["exceptions"]),
        (
            "(tag $t) (func (block $b (try_table (catch $t $b) (throw $t))))",
            &["exceptions"],
        ),
        (
            "(tag $t) (func try throw $t catch_all end)",
            &["legacy-exceptions"],
        ),
        ("(memory i64 1)", &["memory64"]),
        (
            "(type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0)))",
            &["function-references"],
        ),
        ("(type $s (struct)) (func (drop (struct.new $s)))", &["gc"]),
        (
            "(func (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1)))",
            &["multi-value", "wide-arithmetic"],
        ),
        ("(memory 1 (pagesize 1))", &["custom-page-sizes"]),
    ] {
        check(text, expected);
    }
}

/// Linkers write the index of a table in five bytes, which the first version of WebAssembly does not have.
#[test]
fn a_padded_table_index_needs_reference_types() {
    let text =
        "(module (type (func)) (table 1 funcref) (func (call_indirect (type 0) (i32.const 0))))";
    let module = wat::parse_str(text).unwrap();
    assert_eq!(of_parts(&module), Requires::default());
    let at = module
        .windows(3)
        .position(|code| code == [0x11, 0, 0])
        .unwrap();
    let mut padded = module.clone();
    padded.splice(at + 2..at + 3, [0x80, 0x80, 0x80, 0x80, 0]);
    // Of the code section and of the body: both are short.
    let code = module[..at].iter().rposition(|&byte| byte == 10).unwrap();
    padded[code + 1] += 4;
    padded[code + 3] += 4;
    assert_eq!(of_parts(&padded), Requires::REFERENCE_TYPES);
    assert_eq!(valid(&padded, Requires::REFERENCE_TYPES), Ok(()));
    assert!(valid(&padded, Requires::default()).is_err());
}

#[test]
fn names_come_back() {
    let all = Requires::of_bits(u32::MAX >> 12);
    assert_eq!(all.names().count(), 20);
    assert_eq!(Requires::named(all.names()), all);
    assert_eq!(Requires::named(["simd", "no such thing"]), Requires::SIMD);
    assert_eq!(all.without(all), Requires::default());
}
