//! ProtoJSON: for each message a static table of its fields, and an `impl` whose lines are one call for each field.
//!
//! What is not particular to a message lives in the runtime, so that 300 messages compile in little time.

mod table;

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::internal;
use crate::diag::Diagnostic;
use crate::model::{
    EnumId, FieldId, FieldKind, FileId, MessageId, OneofId, PackageId, Presence, Scalar, Schema, TypePath,
    ValueType,
};
use crate::names;
use crate::storage::reach;

/// How often a field's value may stand in its struct: this chooses the call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Value,
    Optional,
    List,
    Map,
}

/// Where prost-build finds the messages of `google.protobuf` that prost-types has.
const PROST_TYPES: &str = "::rsvc::codegen::prost_types::";

/// Everything that a package's types need.
pub(super) fn emit(schema: &Schema, id: PackageId) -> Result<Vec<syn::Item>, Diagnostic> {
    let package = &schema.packages[id];
    let mut found = Found::default();
    package.enums.iter().for_each(|id| found.enumeration(schema, *id));
    package.messages.iter().for_each(|id| found.message(schema, *id));
    found.emit(&Cx { schema, module: &package.module, without: None })
}

const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";
/// Enums of it that prost-types has: it was made from an older file than ours.
const DESCRIPTOR_ENUMS: &[&str] = &[
    "google.protobuf.FieldDescriptorProto.Label",
    "google.protobuf.FieldDescriptorProto.Type",
    "google.protobuf.FieldOptions.CType",
    "google.protobuf.FieldOptions.JSType",
    "google.protobuf.FileOptions.OptimizeMode",
    "google.protobuf.MethodOptions.IdempotencyLevel",
];

/// The same for types that prost-types has ready: the messages of the files named, without those whose JSON the
/// runtime writes by hand, and the enums that others use.
pub(crate) fn emit_prost_types(schema: &Schema) -> Result<Vec<syn::Item>, Diagnostic> {
    let named = |file: FileId| schema.files[file].root && &*schema.files[file].name != DESCRIPTOR;
    let ready = |path: &TypePath| matches!(path, TypePath::Extern(path) if path.starts_with(PROST_TYPES));
    let messages =
        schema.messages.iter().filter(|(_, m)| named(m.file) && ready(&m.rust) && m.well_known.is_none());
    let enums = schema.enums.iter().filter(|(_, e)| {
        DESCRIPTOR_ENUMS.contains(&e.full_name.as_str()) || (named(e.file) && ready(&e.rust))
    });
    let found =
        Found { messages: messages.map(|(id, _)| id).collect(), enums: enums.map(|(id, _)| id).collect() };
    found.emit(&Cx { schema, module: &[], without: Some("edition") })
}

/// Generated types, nested ones included, in the order of their definition.
#[derive(Default)]
struct Found {
    messages: Vec<MessageId>,
    enums: Vec<EnumId>,
}

impl Found {
    fn enumeration(&mut self, schema: &Schema, id: EnumId) {
        if schema.enums[id].is_generated() && schema.files[schema.enums[id].file].generate {
            self.enums.push(id);
        }
    }

    fn message(&mut self, schema: &Schema, id: MessageId) {
        let message = &schema.messages[id];
        if message.is_generated() && schema.files[message.file].generate {
            self.messages.push(id);
        }
        message.enums.iter().for_each(|id| self.enumeration(schema, *id));
        message.messages.iter().for_each(|id| self.message(schema, *id));
    }

    fn emit(&self, cx: &Cx<'_>) -> Result<Vec<syn::Item>, Diagnostic> {
        let mut tokens = TokenStream::new();
        self.enums.iter().for_each(|id| tokens.extend(cx.enumeration(*id)));
        self.messages.iter().for_each(|id| tokens.extend(cx.message(*id)));
        if !self.messages.is_empty() {
            let paths = self.messages.iter().map(|id| cx.message_path(*id));
            tokens.extend(quote! { ::rsvc::register_messages!(#(#paths),*); });
        }
        let file: syn::File = syn::parse2(tokens)
            .map_err(|error| internal(format!("the JSON of {:?} is not valid Rust: {error}", cx.module)))?;
        Ok(file.items)
    }
}

/// What a value is to the runtime's methods.
enum Kind {
    /// A scalar that is copied: the stem of its methods.
    Copied(&'static str),
    String,
    Bytes,
    /// The table of its names.
    Enum(TokenStream),
    Message,
}

/// Where the code goes.
struct Cx<'a> {
    schema: &'a Schema,
    module: &'a [String],
    /// A field that the Rust types do not have, by its name: theirs is an older definition.
    without: Option<&'static str>,
}

impl Cx<'_> {
    fn path(text: &str) -> TokenStream {
        text.parse().unwrap_or_default()
    }

    fn message_path(&self, id: MessageId) -> TokenStream {
        Self::path(&names::path_from(self.module, &self.schema.messages[id].rust))
    }

    fn enum_info(&self, id: EnumId) -> TokenStream {
        let path = Self::path(&names::path_from(self.module, &self.schema.enums[id].rust));
        quote! { <#path as ::rsvc::json::JsonEnum>::INFO }
    }

    /// A message's fields, by the index that the runtime knows them by.
    fn fields(&self, id: MessageId) -> Vec<FieldId> {
        let fields = self.schema.messages[id].fields.iter().copied();
        fields.filter(|field| Some(self.schema.fields[*field].name.as_str()) != self.without).collect()
    }

    fn kind(&self, value: &ValueType) -> Kind {
        match value {
            ValueType::Scalar(scalar) => match scalar {
                Scalar::Double => Kind::Copied("double"),
                Scalar::Float => Kind::Copied("float"),
                Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => Kind::Copied("int32"),
                Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => Kind::Copied("int64"),
                Scalar::Uint32 | Scalar::Fixed32 => Kind::Copied("uint32"),
                Scalar::Uint64 | Scalar::Fixed64 => Kind::Copied("uint64"),
                Scalar::Bool => Kind::Copied("bool"),
                Scalar::String => Kind::String,
                Scalar::Bytes => Kind::Bytes,
            },
            ValueType::Enum(id) => Kind::Enum(self.enum_info(*id)),
            ValueType::Message(_) | ValueType::Group(_) => Kind::Message,
        }
    }

    fn enumeration(&self, id: EnumId) -> TokenStream {
        let node = &self.schema.enums[id];
        let path = Self::path(&names::path_from(self.module, &node.rust));
        let name = &node.full_name;
        let mut values: Vec<_> = node.values.iter().collect();
        // Stable: an alias stays behind the name that it is another name of.
        values.sort_by_key(|value| value.number);
        let values = values.into_iter().map(|value| {
            let (number, name) = (Literal::i32_unsuffixed(value.number), &value.name);
            quote! { (#number, #name) }
        });
        quote! {
            impl ::rsvc::json::JsonEnum for #path {
                const INFO: &'static ::rsvc::json::EnumInfo =
                    &::rsvc::json::EnumInfo::new(#name, &[#(#values),*]);
            }
        }
    }

    fn message(&self, id: MessageId) -> TokenStream {
        let message = &self.schema.messages[id];
        let path = self.message_path(id);
        let name = &message.full_name;
        let fields = self.fields(id);
        let count = Literal::usize_unsuffixed(fields.len());
        let table = fields.iter().map(|field| self.table_line(*field));
        let write = self.write_lines(id);
        let read = fields.iter().enumerate().map(|(index, field)| {
            let (index, read) = (Literal::usize_unsuffixed(index), self.read(*field));
            quote! { #index => #read, }
        });
        quote! {
            #[allow(deprecated)]
            const _: () = {
                static __RSVC_FIELDS: [::rsvc::json::Field; #count] = [#(#table),*];

                impl ::rsvc::json::Json for #path {
                    fn info() -> &'static ::rsvc::json::MessageInfo {
                        static INFO: ::rsvc::json::MessageInfo =
                            ::rsvc::json::MessageInfo::new(#name, &__RSVC_FIELDS);
                        &INFO
                    }
                    #[inline]
                    fn write_json(&self, __rsvc_w: &mut ::rsvc::json::Writer) {
                        let __rsvc_object = __rsvc_w.open();
                        #(#write)*
                        __rsvc_w.close(__rsvc_object);
                    }
                    #[inline]
                    fn read_json(
                        &mut self,
                        __rsvc_r: &mut ::rsvc::json::Reader<'_>,
                    ) -> ::core::result::Result<(), ::rsvc::json::Error> {
                        let mut __rsvc_object = __rsvc_r.object(<Self as ::rsvc::json::Json>::info())?;
                        while let ::core::option::Option::Some(__rsvc_index) = __rsvc_r.next(&mut __rsvc_object)? {
                            match __rsvc_index {
                                #(#read)*
                                _ => ::core::result::Result::Ok(()),
                            }?;
                        }
                        ::core::result::Result::Ok(())
                    }
                }
            };
        }
    }

    /// A statement for each field, and one for each oneof at the place of its first member.
    fn write_lines(&self, id: MessageId) -> Vec<TokenStream> {
        let mut lines = Vec::new();
        for (index, field) in self.fields(id).iter().enumerate() {
            match self.schema.fields[*field].oneof {
                None => {
                    let call = self.write(index, *field);
                    lines.push(quote! { __rsvc_w.#call; });
                }
                Some(oneof) if self.schema.oneofs[oneof].fields.first() == Some(field) => {
                    lines.push(self.write_oneof(id, oneof));
                }
                Some(_) => {}
            }
        }
        lines
    }

    fn table_entry(index: usize) -> TokenStream {
        let index = Literal::usize_unsuffixed(index);
        quote! { &__RSVC_FIELDS[#index] }
    }

    fn variant(&self, oneof: OneofId, field: FieldId) -> TokenStream {
        let path = names::path_from(self.module, &self.schema.oneofs[oneof].rust);
        Self::path(&format!("{path}::{}", self.schema.fields[field].rust_name))
    }

    fn write_oneof(&self, message: MessageId, id: OneofId) -> TokenStream {
        let oneof = &self.schema.oneofs[id];
        let place = Self::path(&format!("self.{}", oneof.rust_name));
        let fields = self.fields(message);
        let arms = oneof.fields.iter().map(|field| {
            let variant = self.variant(id, *field);
            let entry = Self::table_entry(fields.iter().position(|f| f == field).unwrap_or_default());
            let call = match self.kind(self.schema.fields[*field].kind.value()) {
                Kind::Copied(stem) => {
                    let method = format_ident!("{stem}_set");
                    quote! { #method(#entry, *__rsvc_value) }
                }
                Kind::String => quote! { string_set(#entry, __rsvc_value) },
                Kind::Bytes => quote! { bytes_set(#entry, __rsvc_value) },
                Kind::Enum(info) => quote! { enum_set(#entry, *__rsvc_value, #info) },
                Kind::Message => quote! { message_set(#entry, __rsvc_value) },
            };
            quote! { ::core::option::Option::Some(#variant(__rsvc_value)) => __rsvc_w.#call, }
        });
        quote! {
            match &#place {
                #(#arms)*
                ::core::option::Option::None => {}
            }
        }
    }

    /// What the struct holds of a field that is no member of a oneof.
    fn holds(&self, id: FieldId) -> Holds {
        match self.schema.fields[id].kind {
            FieldKind::Repeated(_) => Holds::List,
            FieldKind::Map(..) => Holds::Map,
            FieldKind::Singular(..) if reach::is_optional(self.schema, id) => Holds::Optional,
            FieldKind::Singular(..) => Holds::Value,
        }
    }

    /// The call that writes a field of the struct.
    fn write(&self, index: usize, id: FieldId) -> TokenStream {
        let field = &self.schema.fields[id];
        let place = Self::path(&format!("self.{}", field.rust_name));
        let entry = Self::table_entry(index);
        let kind = self.kind(field.kind.value());
        match (self.holds(id), kind) {
            (Holds::List, Kind::Copied(stem)) => {
                let method = format_ident!("{stem}_list");
                quote! { #method(#entry, &#place) }
            }
            (Holds::List, Kind::String) => quote! { string_list(#entry, &#place) },
            (Holds::List, Kind::Bytes | Kind::Message) => quote! { list(#entry, &#place) },
            (Holds::List, Kind::Enum(info)) => quote! { enum_list(#entry, &#place, #info) },
            (Holds::Map, Kind::Enum(info)) => {
                quote! { enum_map(#entry, &#place, #info) }
            }
            (Holds::Map, _) => quote! { map(#entry, &#place) },
            (Holds::Optional, Kind::Copied(stem)) => {
                let method = format_ident!("{stem}_opt");
                quote! { #method(#entry, #place) }
            }
            (Holds::Optional, Kind::String) => quote! { string_opt(#entry, #place.as_deref()) },
            (Holds::Optional, Kind::Bytes) => quote! { bytes_opt(#entry, #place.as_deref()) },
            (Holds::Optional, Kind::Enum(info)) => quote! { enum_opt(#entry, #place, #info) },
            (Holds::Optional, Kind::Message) if field.storage.boxed => {
                quote! { message_opt(#entry, #place.as_deref()) }
            }
            (Holds::Optional, Kind::Message) => quote! { message_opt(#entry, #place.as_ref()) },
            (Holds::Value, Kind::Message) => quote! { message_set(#entry, &#place) },
            (Holds::Value, kind) => {
                let required = matches!(field.kind, FieldKind::Singular(_, Presence::Required));
                let suffix = if required { "_set" } else { "" };
                match kind {
                    Kind::Copied(stem) => {
                        let method = format_ident!("{stem}{suffix}");
                        quote! { #method(#entry, #place) }
                    }
                    Kind::Enum(info) => {
                        let method = format_ident!("{}", if required { "enum_set" } else { "enumeration" });
                        quote! { #method(#entry, #place, #info) }
                    }
                    Kind::String | Kind::Bytes | Kind::Message => {
                        let stem = if matches!(kind, Kind::String) { "string" } else { "bytes" };
                        let method = format_ident!("{stem}{suffix}");
                        quote! { #method(#entry, &#place) }
                    }
                }
            }
        }
    }

    /// The expression that reads a field.
    fn read(&self, id: FieldId) -> TokenStream {
        let field = &self.schema.fields[id];
        if let Some(oneof) = field.oneof {
            return self.read_variant(id, oneof);
        }
        let place = Self::path(&format!("self.{}", field.rust_name));
        let holds = self.holds(id);
        let suffix = match holds {
            Holds::List => "_list",
            Holds::Optional => "_opt",
            _ => "",
        };
        match (holds, self.kind(field.kind.value())) {
            (Holds::Map, Kind::Enum(info)) => {
                quote! { __rsvc_r.enum_map(&mut #place, #info) }
            }
            (Holds::Map, _) => quote! { __rsvc_r.map(&mut #place) },
            (Holds::List, Kind::Message) => quote! { __rsvc_r.list(&mut #place) },
            (Holds::Optional, Kind::Message) => quote! { __rsvc_r.message_opt(&mut #place) },
            (_, Kind::Message) => quote! { ::rsvc::json::Json::read_json(&mut #place, __rsvc_r) },
            (holds, Kind::Enum(info)) => {
                let method = if holds == Holds::Value {
                    format_ident!("enumeration")
                } else {
                    format_ident!("enum{suffix}")
                };
                quote! { __rsvc_r.#method(&mut #place, #info) }
            }
            (_, kind) => {
                let stem = match kind {
                    Kind::Copied(stem) => stem,
                    Kind::Bytes => "bytes",
                    _ => "string",
                };
                let method = format_ident!("{stem}{suffix}");
                quote! { __rsvc_r.#method(&mut #place) }
            }
        }
    }

    /// A oneof's member: a message merges with one of the same kind, anything else replaces.
    fn read_variant(&self, id: FieldId, oneof: OneofId) -> TokenStream {
        let field = &self.schema.fields[id];
        let place = Self::path(&format!("self.{}", self.schema.oneofs[oneof].rust_name));
        let variant = self.variant(oneof, id);
        let some = quote! { ::core::option::Option::Some };
        let body = match self.kind(field.kind.value()) {
            Kind::Message => quote! {
                if let #some(#variant(__rsvc_value)) = &mut #place {
                    ::rsvc::json::Json::read_json(__rsvc_value, __rsvc_r)?;
                } else {
                    #place = #some(#variant(__rsvc_r.message_value()?));
                }
            },
            Kind::Enum(info) => quote! {
                if let #some(__rsvc_value) = __rsvc_r.enum_value(#info)? {
                    #place = #some(#variant(__rsvc_value));
                }
            },
            Kind::Bytes if field.storage.shared_bytes => {
                quote! { #place = #some(#variant(__rsvc_r.bytes_value()?.into())); }
            }
            kind => {
                let method = match kind {
                    Kind::Copied("double") => "f64_value",
                    Kind::Copied("float") => "f32_value",
                    Kind::Copied("int32") => "i32_value",
                    Kind::Copied("int64") => "i64_value",
                    Kind::Copied("uint32") => "u32_value",
                    Kind::Copied("uint64") => "u64_value",
                    Kind::Copied(_) => "bool_value",
                    Kind::Bytes => "bytes_value",
                    _ => "string_value",
                };
                let method = format_ident!("{method}");
                quote! { #place = #some(#variant(__rsvc_r.#method()?)); }
            }
        };
        quote! { { #body ::core::result::Result::Ok(()) } }
    }
}
