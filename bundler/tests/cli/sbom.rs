//! `wasi-vfs sbom`

use serde_json::Value;

use crate::folder;
use crate::tool::golden;

/// Digests of the program's build, the interposer and the whole differ from build to build.
fn masked(text: &str) -> String {
    let mut bom: Value = serde_json::from_str(text).unwrap();
    let mask = |value: &mut Value| *value = Value::from("[DIGEST]");
    mask(&mut bom["serialNumber"]);
    mask(&mut bom["metadata"]["component"]["hashes"][0]["content"]);
    mask(&mut bom["components"][1]["hashes"][0]["content"]);
    serde_json::to_string_pretty(&bom).unwrap() + "\n"
}

#[test]
fn a_bill_of_materials() {
    let folder = folder();
    folder.run(&["bundle", "--quiet"]);
    let said = folder.run(&["sbom", "dist/app.wasm"]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    golden("cli/sbom.json", &masked(&said.stdout));

    let written = folder.run(&["sbom", "dist/app.wasm", "-o", "app.cdx.json"]);
    assert_eq!(
        (written.code, written.stderr.as_str()),
        (Some(0), "wrote `app.cdx.json`\n")
    );
    assert_eq!(folder.read("app.cdx.json"), said.stdout.as_bytes());
    // The files are those that `inspect` lists, with the same digests.
    let bom: Value = serde_json::from_str(&said.stdout).unwrap();
    let report = folder.run(&["inspect", "--json", "dist/app.wasm"]).stdout;
    let report: Value = serde_json::from_str(&report).unwrap();
    let listed: Vec<_> = report["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["kind"] != "directory")
        .map(|entry| {
            let digest = entry["digest"]
                .as_str()
                .map(|digest| digest[7..].to_owned());
            (entry["path"].clone(), digest)
        })
        .collect();
    let billed: Vec<_> = bom["components"].as_array().unwrap()[2..]
        .iter()
        .map(|part| {
            let digest = part["hashes"][0]["content"].as_str().map(str::to_owned);
            (part["name"].clone(), digest)
        })
        .collect();
    assert_eq!(billed, listed);
    assert_eq!(folder.run(&["sbom", "app.wat"]).code, Some(1));
}
