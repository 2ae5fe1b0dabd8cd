//! What is in a bundle, as a software bill of materials: CycloneDX 1.6, JSON.
//!
//! It depends on the bundle only: there is no clock in it, and its serial number is made of the bundle's digest.
//! <https://cyclonedx.org/docs/1.6/json/>

use serde::Serialize;

use crate::digest::{hex, hex_digest};
use crate::image::{Checked, Row, RowKind, Rows};
use crate::record::Record;

/// A bill of materials, to be written as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bom {
    bom_format: &'static str,
    spec_version: &'static str,
    serial_number: String,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
    dependencies: Vec<Dependency>,
    compositions: Vec<Composition>,
}

#[derive(Debug, Serialize)]
struct Metadata {
    tools: Tools,
    component: Component,
}

#[derive(Debug, Serialize)]
struct Tools {
    components: Vec<Component>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Component {
    #[serde(rename = "type")]
    kind: &'static str,
    bom_ref: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

#[derive(Debug, Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Debug, Serialize)]
struct Property {
    name: &'static str,
    value: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    #[serde(rename = "ref")]
    of: &'static str,
    depends_on: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Composition {
    aggregate: &'static str,
    assemblies: [&'static str; 1],
}

/// The bundle as a whole, as other parts of the bill name it.
const BUNDLE: &str = "bundle";

/// Lists the files of a bundle called `name`, whose bytes have the SHA-256 `digest`, with the program and the interposer
/// as its `wasi-vfs` section names them.
///
/// `rows` and `checked` are what an image lists and what its check found. Directories are no components; symlinks have no
/// digest.
#[must_use]
pub fn bill(
    name: &str,
    digest: &[u8; 32],
    record: Option<&Record>,
    rows: &Rows<'_>,
    checked: &Checked,
) -> Bom {
    let tool = record.map(|record| record.tool.as_str());
    let mut components = Vec::new();
    if let Some(record) = record {
        components.push(part(
            "application",
            "program",
            "the program, before it was bundled",
            &record.program,
            None,
        ));
        components.push(part(
            "library",
            "wasi-vfs-interposer",
            "the file system that is linked into the program",
            &record.interposer,
            version(tool),
        ));
    }
    components.extend(rows.iter().filter_map(|row| file(&row, checked)));
    let depends_on = components.iter().map(|part| part.bom_ref.clone()).collect();
    Bom {
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: serial(digest),
        version: 1,
        metadata: Metadata {
            tools: Tools {
                components: vec![Component {
                    version: Some(env!("CARGO_PKG_VERSION").to_owned()),
                    ..component("application", "tool:wasi-vfs", "wasi-vfs")
                }],
            },
            component: Component {
                hashes: vec![sha256(&hex_digest(digest))],
                ..component("application", BUNDLE, name)
            },
        },
        components,
        dependencies: vec![Dependency {
            of: BUNDLE,
            depends_on,
        }],
        compositions: vec![Composition {
            // Without the section nothing is known of the program and the interposer.
            aggregate: match record {
                Some(_) => "complete",
                None => "incomplete",
            },
            assemblies: [BUNDLE],
        }],
    }
}

fn component(kind: &'static str, bom_ref: &str, name: &str) -> Component {
    Component {
        kind,
        bom_ref: bom_ref.to_owned(),
        name: name.to_owned(),
        version: None,
        description: None,
        hashes: Vec::new(),
        properties: Vec::new(),
    }
}

fn part(
    kind: &'static str,
    name: &str,
    description: &'static str,
    digest: &str,
    version: Option<String>,
) -> Component {
    Component {
        description: Some(description),
        hashes: vec![sha256(digest)],
        version,
        ..component(kind, name, name)
    }
}

/// A file or symlink; none for a directory.
fn file(row: &Row, checked: &Checked) -> Option<Component> {
    let mut properties = vec![Property {
        name: "wasi-vfs:mode",
        value: format!("{:04o}", row.mode & 0o7777),
    }];
    let mut hashes = Vec::new();
    match &row.kind {
        RowKind::Directory => return None,
        RowKind::Symlink { target } => properties.push(Property {
            name: "wasi-vfs:symlink-target",
            value: target.clone(),
        }),
        RowKind::File { link_to, .. } => {
            let digest = checked.contents.get(row.node as usize).copied().flatten();
            hashes.extend(digest.map(|digest| sha256(&hex_digest(&digest))));
            properties.push(Property {
                name: "wasi-vfs:size",
                value: row.size.to_string(),
            });
            properties.extend(link_to.as_ref().map(|path| Property {
                name: "wasi-vfs:hard-link-of",
                value: path.clone(),
            }));
        }
    }
    Some(Component {
        hashes,
        properties,
        ..component("file", &format!("file:{}", row.path), &row.path)
    })
}

/// A digest as a section or a report writes it.
fn sha256(digest: &str) -> Hash {
    Hash {
        alg: "SHA-256",
        content: digest.strip_prefix("sha256:").unwrap_or(digest).to_owned(),
    }
}

/// The version of `wasi-vfs 0.1.0`.
fn version(tool: Option<&str>) -> Option<String> {
    let (_, version) = tool?.rsplit_once(' ')?;
    Some(version.to_owned())
}

/// A UUID of version 8, which leaves its bits to us, made of a digest: one bundle, one number.
fn serial(digest: &[u8; 32]) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes);
    let (a, b, c, d, e) = (
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    );
    format!("urn:uuid:{a}-{b}-{c}-{d}-{e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_is_a_uuid() {
        let all = serial(&[0xff; 32]);
        assert_eq!(all, "urn:uuid:ffffffff-ffff-8fff-bfff-ffffffffffff");
        assert_eq!(
            serial(&[0; 32]),
            "urn:uuid:00000000-0000-8000-8000-000000000000"
        );
    }

    #[test]
    fn a_tools_version() {
        assert_eq!(version(Some("wasi-vfs 0.1.0")).as_deref(), Some("0.1.0"));
        assert_eq!(version(Some("wasi-vfs")), None);
        assert_eq!(version(None), None);
    }
}
