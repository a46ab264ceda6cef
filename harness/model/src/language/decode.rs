//! From nodes to values, collecting every error on the way; and the macros that declare an object of
//! the language once: its keys, their documentation, their decoders and their part of the schema.
//!
//! serde's derive was rejected for this layer: it stops at the first error, and the wording of its
//! `untagged` and `flatten` helps nobody. A table of keys beside hand-written decoders was rejected
//! because the two drift apart.

use super::diagnostic::{Problem, Reading};
use super::node::{At, Node, Place, Value};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// Something that can be read from a node.
pub(super) trait Decode: JsonSchema + Sized {
    /// The value, or `None` after its errors were noted.
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self>;
}

/// A mapping with known keys. Declared by [`object!`].
pub(super) trait Object: Sized {
    /// The keys, in the order of the declaration.
    fn keys() -> Vec<Key>;
    /// Where it is, and the keys that were there, whether or not they could be read.
    fn mapping(&self) -> (Place, &[String]);
    /// Takes the keys that are its own.
    fn take(fields: &mut Fields<'_>, reading: &mut Reading) -> Self;
}

/// One key of an object.
pub(super) struct Key {
    pub(super) name: String,
    pub(super) about: &'static str,
    pub(super) required: bool,
    pub(super) schema: fn(&mut SchemaGenerator) -> Schema,
}

/// The entries of a mapping that is being decoded.
pub(super) struct Fields<'a> {
    place: Place,
    entries: Vec<(&'a Node, &'a Node)>,
}

impl<'a> Fields<'a> {
    /// Where the mapping is.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// The keys that are there.
    pub(super) fn written(&self) -> Vec<String> {
        self.entries.iter().filter_map(|(key, _)| key.text()).map(str::to_owned).collect()
    }

    /// Opens a mapping; notes what is no mapping, what is no key, and what stands there twice.
    pub(super) fn open(
        node: &'a Node,
        what: &str,
        keys: &[Key],
        reading: &mut Reading,
    ) -> Option<Fields<'a>> {
        let Value::Map(entries) = &node.value else {
            let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
            reading.report(
                wrong_type(node, &format!("{what}, which is a mapping"))
                    .help(format!("its keys are: {}", names.join(", "))),
            );
            return None;
        };
        let unique = unique(entries, reading);
        let mut known = Vec::new();
        for (key, value) in unique {
            let written = key.text().unwrap_or_default();
            if keys.iter().any(|key| key.name == written) {
                known.push((key, value));
            } else {
                let names = keys.iter().map(|key| key.name.as_str());
                let problem = Problem::new(key.place, format!("unknown key `{written}` in {what}"));
                reading.report(problem.meant(written, names));
            }
        }
        Some(Fields { place: node.place, entries: known })
    }

    /// The value of a key.
    pub(super) fn take<T: Decode>(&mut self, key: &Key, reading: &mut Reading) -> Option<At<T>> {
        let found = self.entries.iter().find(|(name, _)| name.text() == Some(&key.name));
        let Some((_, value)) = found else {
            if key.required && !reading.suggested(&key.name) {
                reading.report(
                    Problem::new(self.place, format!("the key `{}` is missing", key.name))
                        .help(first_sentence(key.about)),
                );
            }
            return None;
        };
        At::decode(value, reading)
    }
}

/// The first sentence of a description, as help.
pub(super) fn first_sentence(about: &str) -> String {
    let end = about.find(". ").map_or(about.len(), |dot| dot + 1);
    about[..end].trim().to_owned()
}

/// The entries of a mapping whose keys are text and stand there once; the others are noted.
pub(super) fn unique<'a>(entries: &'a [(Node, Node)], reading: &mut Reading) -> Vec<(&'a Node, &'a Node)> {
    let mut kept: Vec<(&Node, &Node)> = Vec::new();
    // A set beside the list: a mapping of ten thousand keys must not cost their square.
    let mut seen = std::collections::BTreeMap::new();
    for (key, value) in entries {
        let Some(name) = key.text() else {
            reading.report(
                Problem::new(key.place, format!("a key must be text, this is {}", key.what()))
                    .help("put it in quotes"),
            );
            continue;
        };
        if let Some(first) = seen.get(name) {
            let first = reading.line(*first);
            reading.report(
                Problem::new(key.place, format!("the key `{name}` stands here twice"))
                    .help(format!("the first is in line {first}")),
            );
            continue;
        }
        seen.insert(name.to_owned(), key.place);
        kept.push((key, value));
    }
    kept
}

/// "expected …, found …".
pub(super) fn wrong_type(node: &Node, expected: &str) -> Problem {
    Problem::new(node.place, format!("expected {expected}, found {}", node.what()))
}

/// Declares objects: mappings with known keys, all of them optional unless marked `required`. An
/// object may include the keys of another one with `..name: Type`.
macro_rules! object {
    ($(#[doc = $about:literal])* $name:ident = $what:literal {
        $( $(#[doc = $doc:literal])* $field:ident: $ty:ty $(= $required:ident)?, )*
        $( ..$part:ident: $shared:ty )?
    }) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug)]
        pub(super) struct $name {
            pub(super) place: $crate::language::node::Place,
            written: Vec<String>,
            $( $(#[doc = $doc])* pub(super) $field: Option<$crate::language::node::At<$ty>>, )*
            $( pub(super) $part: $shared, )?
        }

        impl $crate::language::decode::Object for $name {
            fn keys() -> Vec<$crate::language::decode::Key> {
                let keys = vec![$(
                    $crate::language::decode::Key {
                        name: stringify!($field).replace('_', "-"),
                        about: concat!($($doc),*).trim_ascii(),
                        required: false $(|| stringify!($required) == "required")?,
                        schema: |generator| generator.subschema_for::<$ty>(),
                    },
                )*];
                $( let keys = {
                    let mut keys: Vec<$crate::language::decode::Key> = keys;
                    keys.extend(<$shared as $crate::language::decode::Object>::keys());
                    keys
                }; )?
                keys
            }

            fn mapping(&self) -> ($crate::language::node::Place, &[String]) {
                (self.place, &self.written)
            }

            fn take(
                fields: &mut $crate::language::decode::Fields<'_>,
                reading: &mut $crate::language::diagnostic::Reading,
            ) -> Self {
                let mut keys = <Self as $crate::language::decode::Object>::keys().into_iter();
                // The keys come in the order of the fields, so each field meets its own.
                $( let $field = keys.next().and_then(|key| fields.take::<$ty>(&key, reading)); )*
                $( let $part = <$shared as $crate::language::decode::Object>::take(fields, reading); )?
                $name { place: fields.place(), written: fields.written(), $($field,)* $($part,)? }
            }
        }

        impl $crate::language::decode::Decode for $name {
            fn decode(
                node: &$crate::language::node::Node,
                reading: &mut $crate::language::diagnostic::Reading,
            ) -> Option<Self> {
                use $crate::language::decode::{Fields, Object};
                let mut fields = Fields::open(node, $what, &Self::keys(), reading)?;
                Some(Self::take(&mut fields, reading))
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                use $crate::language::decode::Object;
                $crate::language::decode::object_schema(concat!($($about),*).trim_ascii(), Self::keys(), generator)
            }
        }
    };
}
pub(super) use object;

/// Declares a value that is one of some words, or a mapping with just one of some keys.
macro_rules! choice {
    ($(#[doc = $about:literal])* $name:ident = $what:literal {
        words { $( $(#[doc = $word_doc:literal])* $word:literal => $plain:ident, )* }
        keys { $( $(#[doc = $key_doc:literal])* $key:literal: $ty:ty => $with:ident, )* }
    }) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug)]
        pub(super) enum $name {
            $( $(#[doc = $word_doc])* $plain, )*
            $( $(#[doc = $key_doc])* $with($ty), )*
        }

        impl $crate::language::decode::Decode for $name {
            fn decode(
                node: &$crate::language::node::Node,
                reading: &mut $crate::language::diagnostic::Reading,
            ) -> Option<Self> {
                use $crate::language::decode::{Chosen, choose};
                let words: &[&str] = &[$($word),*];
                let keys: &[&str] = &[$($key),*];
                match choose(node, $what, words, keys, reading)? {
                    Chosen::Word(word) => {
                        $( if word == $word { return Some($name::$plain); } )*
                        let _ = word;
                        None
                    }
                    Chosen::Key(key, value) => {
                        $( if key == $key {
                            return <$ty as $crate::language::decode::Decode>::decode(value, reading).map($name::$with);
                        } )*
                        let _ = (key, value);
                        None
                    }
                }
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let _ = &generator;
                let forms: Vec<schemars::Schema> = vec![
                    $( schemars::json_schema!({
                        "const": $word,
                        "description": concat!($($word_doc),*).trim_ascii(),
                    }), )*
                    $( schemars::json_schema!({
                        "type": "object",
                        "description": concat!($($key_doc),*).trim_ascii(),
                        "properties": { $key: generator.subschema_for::<$ty>() },
                        "required": [$key],
                        "additionalProperties": false,
                    }), )*
                ];
                schemars::json_schema!({
                    "description": concat!($($about),*).trim_ascii(),
                    "oneOf": forms,
                })
            }
        }
    };
}
pub(super) use choice;

/// What a `choice!` found.
pub(super) enum Chosen<'a> {
    Word(&'a str),
    Key(&'a str, &'a Node),
}

/// The one word or key of a choice.
pub(super) fn choose<'a>(
    node: &'a Node,
    what: &str,
    words: &[&str],
    keys: &[&str],
    reading: &mut Reading,
) -> Option<Chosen<'a>> {
    match &node.value {
        Value::Text(word) if !words.is_empty() => {
            if words.contains(&word.as_str()) {
                return Some(Chosen::Word(word));
            }
            let problem = Problem::new(node.place, format!("`{word}` is not {what}"));
            let problem = problem.meant(word, words.iter().copied());
            reading.report(if keys.is_empty() { problem } else { problem.help(one_of(keys)) });
            None
        }
        Value::Map(entries) if !keys.is_empty() => {
            let before = reading.count();
            let entries = unique(entries, reading);
            for (key, _) in &entries {
                let written = key.text().unwrap_or_default();
                if !keys.contains(&written) {
                    let problem = Problem::new(key.place, format!("unknown key `{written}` in {what}"));
                    reading.report(problem.meant(written, keys.iter().copied()));
                }
            }
            if reading.count() > before {
                return None;
            }
            if let [(key, value)] = entries.as_slice() {
                return key.text().map(|key| Chosen::Key(key, value));
            }
            let problem = Problem::new(node.place, format!("{what} has one key, here are {}", entries.len()));
            reading.report(problem.help(one_of(keys)));
            None
        }
        _ => {
            let problem = wrong_type(node, what);
            let problem = if keys.is_empty() { problem } else { problem.help(one_of(keys)) };
            let with_words = format!("or a word: {}", words.join(", "));
            reading.report(if words.is_empty() { problem } else { problem.help(with_words) });
            None
        }
    }
}

fn one_of(keys: &[&str]) -> String {
    let forms: Vec<String> = keys.iter().map(|key| format!("{{ {key}: … }}")).collect();
    format!("write one of: {}", forms.join(", "))
}

/// The schema of an object from its keys.
pub(super) fn object_schema(about: &str, keys: Vec<Key>, generator: &mut SchemaGenerator) -> Schema {
    let mut properties = serde_json::Map::new();
    let mut required = Vec::new();
    for key in keys {
        let mut schema = (key.schema)(generator);
        schema.insert("description".to_owned(), key.about.into());
        if key.required {
            required.push(key.name.clone());
        }
        properties.insert(key.name, schema.into());
    }
    let mut schema = json_schema!({
        "type": "object",
        "description": about,
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    schema
}

impl<T: Decode> Decode for At<T> {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        T::decode(node, reading).map(|value| At { value, place: node.place })
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

impl Decode for String {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        if let Some(text) = node.text() {
            return Some(text.to_owned());
        }
        let problem = wrong_type(node, "text");
        reading.report(match &node.value {
            Value::Number(number) => problem.help(format!("in quotes it is text: \"{number}\"")),
            Value::Bool(value) => problem.help(format!("in quotes it is text: \"{value}\"")),
            _ => problem,
        });
        None
    }
}

impl Decode for bool {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        if let Value::Bool(value) = node.value {
            return Some(value);
        }
        reading.report(wrong_type(node, "true or false"));
        None
    }
}

/// A list: every item is looked at, and a wrong one does not hide the others.
impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let Value::List(items) = &node.value else {
            reading.report(wrong_type(node, "a list").help("write it as [one, two]"));
            return None;
        };
        Some(items.iter().filter_map(|item| T::decode(item, reading)).collect())
    }
}
