//! The `wasi-vfs` custom section: what a bundle says it is made of.

use serde::{Deserialize, Serialize};
use wasm_encoder::{CustomSection, Section as _};

/// The name of the custom section that says what a bundle is made of.
pub const SECTION: &str = "wasi-vfs";

/// What stands for the interposer's digest where it was linked with the program's own objects: it is part of the program.
pub const PRE_LINKED: &str = "pre-linked";

/// What the `wasi-vfs` section says, as JSON in this order of keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    /// Version of the image format ([`vfs_image::layout::VERSION`]).
    pub format: u32,
    /// Index of the data segment that holds the image.
    pub segment: u32,
    /// Bytes of the image.
    pub image_size: u32,
    /// The image's digest, as in its header: `sha256:` and 64 hexadecimal digits.
    pub image_digest: String,
    /// SHA-256 of the program before it was bundled, in binary form, written likewise.
    pub program: String,
    /// SHA-256 of the interposer that was linked in; [`PRE_LINKED`] when the program brought its own.
    pub interposer: String,
    /// Who made it: `wasi-vfs` and its version.
    pub tool: String,
    /// The function that the program was initialized with, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preinit: Option<String>,
    /// What the program needed of an engine before it was bundled, by the names of [`Requires`](crate::requires::Requires); none: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program_requires: Option<Vec<String>>,
    /// Whether it can be bundled again, as far as its manifest is asked (`rebundle` of `[link]`).
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub rebundle: bool,
}

fn yes() -> bool {
    true
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_yes(value: &bool) -> bool {
    *value
}

impl Record {
    /// The custom section as it stands in the module, its number and size included.
    pub(crate) fn section(&self) -> Vec<u8> {
        let json = serde_json::to_vec(self).expect("numbers and strings are always JSON");
        custom_section(SECTION, json)
    }
}

/// A custom section as it stands in the module, its number and size included.
pub(crate) fn custom_section(name: &str, data: Vec<u8>) -> Vec<u8> {
    let section = CustomSection {
        name: name.into(),
        data: data.into(),
    };
    let mut bytes = Vec::new();
    section.append_to(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::hex_digest;

    #[test]
    fn the_section_has_one_form() {
        let record = Record {
            format: 1,
            segment: 3,
            image_size: 96,
            image_digest: hex_digest(&[0xab; 32]),
            program: hex_digest(&[2; 32]),
            interposer: hex_digest(&[1; 32]),
            tool: "wasi-vfs 0.0.0".to_owned(),
            preinit: None,
            program_requires: Some(vec!["bulk-memory".to_owned()]),
            rebundle: true,
        };
        let section = record.section();
        let json = format!(
            r#"{{"format":1,"segment":3,"image-size":96,"image-digest":"sha256:{}","program":"sha256:{}","interposer":"sha256:{}","tool":"wasi-vfs 0.0.0","program-requires":["bulk-memory"]}}"#,
            "ab".repeat(32),
            "02".repeat(32),
            "01".repeat(32),
        );
        assert_eq!(&section[section.len() - json.len()..], json.as_bytes());
        assert_eq!(section[0], 0);
        assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);
    }
}
