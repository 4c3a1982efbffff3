//! Every golden case, compiled as a user compiles it: with `rsvc` as the only dependency.

#[allow(missing_docs)]
pub mod third;

macro_rules! cases {
    ($($case:ident,)*) => {
        $(
            // What has no package has no module of its own to carry these.
            #[allow(missing_docs, clippy::all, clippy::pedantic)]
            pub mod $case {
                include!(concat!("../../snapshots/gen/", stringify!($case), "/expected/mod.rs"));
            }
        )*
    };
}

cases! {
    access,
    annotated,
    caches,
    client_only,
    collisions,
    comments,
    containers,
    descriptors,
    editions,
    empty,
    enums,
    errors_all,
    errors_names,
    errors_shared,
    extern_path,
    extern_prost,
    forms,
    halves,
    imports,
    json_conflicts,
    json_names,
    keywords,
    large_numbers,
    masks,
    messages_only,
    nesting,
    objects,
    old_rules,
    oneofs,
    openapi,
    package_case,
    packages,
    plugin_types,
    prelude,
    proto2,
    recursion,
    refused_elsewhere,
    rest,
    rest_client,
    retries,
    rpc_bodies,
    scalars,
    serde,
    service_names,
    services,
    split,
    validation,
    wellknown,
}
