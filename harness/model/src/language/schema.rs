//! The JSON schema of scenario files, for editors.

use super::shape::File;
use schemars::generate::SchemaSettings;

/// The schema, as text that ends in a newline. It is made from the declarations that the decoder is
/// made from, with the names of both registries.
///
/// Draft 7, since that is what the YAML language server of editors implements.
pub fn schema() -> String {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<File>();
    schema.insert("title".to_owned(), "A lastrites scenario".into());
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text + "\n"
}
