// Derived by askama from `protoc-gen-rsvc/templates/service.rs.askama` for `protoc-gen-rsvc/src/emit/service.rs`: `cargo xtask bless` writes it.

#[allow(clippy::all, clippy::pedantic)] // what a derive writes is not looked at, either
#[allow(
    clippy::init_numbered_fields,
    non_shorthand_field_patterns,
    clippy::suspicious_else_formatting,
    dead_code,
    non_camel_case_types,
    non_snake_case,
    clippy::double_parens,
    clippy::identity_op,
    clippy::into_iter_on_ref,
    clippy::needless_borrow,
    clippy::needless_borrows_for_generic_args,
    clippy::nonminimal_bool,
    clippy::op_ref,
    clippy::useless_conversion,
    unused_braces,
    unused_parens,
)]
const _: () = {
    extern crate askama;
    #[automatically_derived]
    impl<'a> askama::Template for View<'a> {
        fn render_into_with_values(
            &self,
            __askama_writer: &mut dyn askama::helpers::core::fmt::Write,
            __askama_values: &dyn askama::Values,
        ) -> askama::Result<()> {
            #[allow(unused_imports)]
            use askama::{
                filters::{AutoEscape as _, WriteWritable as _},
                helpers::{ResultConverter as _, core::fmt::Write as _},
            };
            if askama::helpers::as_bool(&(self.has_trait)) {
                __askama_writer.write_str("
")?;
                if askama::helpers::as_bool(&(self.laid_out))
                    && !askama::helpers::as_bool(&(self.default_methods))
                {
                    __askama_writer.write_str("//= laid out
")?;
                }
                let __askama_iter = (&self.docs).into_iter();
                for (line, __askama_item) in askama::helpers::TemplateLoop::new(
                    __askama_iter,
                ) {
                    __askama_writer.write_str("///")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(line),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (__askama_expr1,) => {
                            (&&&askama::filters::Writable(__askama_expr1))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    __askama_writer.write_str("
")?;
                }
                __askama_writer.write_str("pub trait ")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.service_trait),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr2,) => {
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer
                    .write_str(
                        ": ::core::marker::Send + ::core::marker::Sync + 'static {",
                    )?;
                let __askama_iter = (&self.methods).into_iter();
                for (m, __askama_item) in askama::helpers::TemplateLoop::new(
                    __askama_iter,
                ) {
                    let __askama_iter = (&m.docs).into_iter();
                    for (line, __askama_item) in askama::helpers::TemplateLoop::new(
                        __askama_iter,
                    ) {
                        __askama_writer.write_str("
    ///")?;
                        match (
                            &((&&askama::filters::AutoEscaper::new(
                                &(line),
                                askama::filters::Text,
                            ))
                                .askama_auto_escape()?),
                        ) {
                            (__askama_expr2,) => {
                                (&&&askama::filters::Writable(__askama_expr2))
                                    .askama_write(__askama_writer, __askama_values)?;
                            }
                        }
                    }
                    if askama::helpers::as_bool(&(m.deprecated)) {
                        __askama_writer.write_str("
    #[deprecated]")?;
                    }
                    __askama_writer.write_str("
    fn ")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.name),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.parameter),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.future),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (__askama_expr3, __askama_expr6, __askama_expr10) => {
                            (&&&askama::filters::Writable(__askama_expr3))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer
                                .write_str(
                                    "(
        &self,
        ctx: ::rsvc::Context,
        ",
                                )?;
                            (&&&askama::filters::Writable(__askama_expr6))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str("
    ) ")?;
                            (&&&askama::filters::Writable(__askama_expr10))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    if askama::helpers::as_bool(&(self.default_methods)) {
                        __askama_writer
                            .write_str(" {
        ::rsvc::codegen::unimplemented(")?;
                        match (
                            &((&&askama::filters::AutoEscaper::new(
                                &(m.info),
                                askama::filters::Text,
                            ))
                                .askama_auto_escape()?),
                            &((&&askama::filters::AutoEscaper::new(
                                &(m.argument),
                                askama::filters::Text,
                            ))
                                .askama_auto_escape()?),
                        ) {
                            (__askama_expr2, __askama_expr5) => {
                                (&&&askama::filters::Writable(__askama_expr2))
                                    .askama_write(__askama_writer, __askama_values)?;
                                __askama_writer.write_str(".path, (ctx, ")?;
                                (&&&askama::filters::Writable(__askama_expr5))
                                    .askama_write(__askama_writer, __askama_values)?;
                            }
                        }
                        __askama_writer.write_str("))
    }")?;
                    } else {
                        __askama_writer.write_str(";")?;
                    }
                }
                __askama_writer.write_str("
}

")?;
                if askama::helpers::as_bool(&(self.laid_out)) {
                    __askama_writer.write_str("//= laid out
")?;
                }
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.arc_head),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr0,) => {
                        (&&&askama::filters::Writable(__askama_expr0))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                let __askama_iter = (&self.methods).into_iter();
                for (m, __askama_item) in askama::helpers::TemplateLoop::new(
                    __askama_iter,
                ) {
                    __askama_writer.write_str("
    fn ")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.name),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.parameter),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.future),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(self.names.service_trait),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.argument),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (
                            __askama_expr3,
                            __askama_expr6,
                            __askama_expr10,
                            __askama_expr14,
                            __askama_expr19,
                        ) => {
                            (&&&askama::filters::Writable(__askama_expr3))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer
                                .write_str(
                                    "(
        &self,
        ctx: ::rsvc::Context,
        ",
                                )?;
                            (&&&askama::filters::Writable(__askama_expr6))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str("
    ) ")?;
                            (&&&askama::filters::Writable(__askama_expr10))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str(" {
        <T as ")?;
                            (&&&askama::filters::Writable(__askama_expr14))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str(">::")?;
                            (&&&askama::filters::Writable(__askama_expr3))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str("(self, ctx, ")?;
                            (&&&askama::filters::Writable(__askama_expr19))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    __askama_writer.write_str(")
    }")?;
                }
                __askama_writer.write_str("
}")?;
            }
            __askama_writer.write_str("
")?;
            if askama::helpers::as_bool(&(self.objects)) {
                __askama_writer.write_str("
/// [`trait@")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.service_trait),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.object),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr2, __askama_expr5) => {
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer
                            .write_str(
                                "`] as an object: every implementation of that is one, and
/// `Arc<dyn ",
                            )?;
                        (&&&askama::filters::Writable(__askama_expr5))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str(">` is a [`trait@")?;
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("`].
pub trait ")?;
                        (&&&askama::filters::Writable(__askama_expr5))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer
                    .write_str(
                        ": ::core::marker::Send + ::core::marker::Sync + 'static {",
                    )?;
                let __askama_iter = (&self.methods).into_iter();
                for (m, __askama_item) in askama::helpers::TemplateLoop::new(
                    __askama_iter,
                ) {
                    __askama_writer.write_str("
    #[doc(hidden)]
    fn ")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.object_name),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.argument),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.request),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.response),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(self.error),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (
                            __askama_expr3,
                            __askama_expr6,
                            __askama_expr9,
                            __askama_expr11,
                            __askama_expr14,
                        ) => {
                            (&&&askama::filters::Writable(__askama_expr3))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer
                                .write_str("<'a>(&'a self, ctx: ::rsvc::Context, ")?;
                            (&&&askama::filters::Writable(__askama_expr6))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str(": ")?;
                            (&&&askama::filters::Writable(__askama_expr9))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer
                                .write_str(
                                    ")
        -> ::rsvc::codegen::BoxFuture<'a, ::core::result::Result<",
                                )?;
                            (&&&askama::filters::Writable(__askama_expr11))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str(", ")?;
                            (&&&askama::filters::Writable(__askama_expr14))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    __askama_writer.write_str(">>;")?;
                }
                __askama_writer.write_str("
}

impl<T: ")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.service_trait),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.object),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr3, __askama_expr6) => {
                        (&&&askama::filters::Writable(__askama_expr3))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("> ")?;
                        (&&&askama::filters::Writable(__askama_expr6))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str(" for T {")?;
                let __askama_iter = (&self.methods).into_iter();
                for (m, __askama_item) in askama::helpers::TemplateLoop::new(
                    __askama_iter,
                ) {
                    __askama_writer.write_str("
    fn ")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.object_name),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.argument),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.request),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.response),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(self.error),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(self.names.service_trait),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.name),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (
                            __askama_expr3,
                            __askama_expr6,
                            __askama_expr9,
                            __askama_expr11,
                            __askama_expr14,
                            __askama_expr17,
                            __askama_expr19,
                        ) => {
                            (&&&askama::filters::Writable(__askama_expr3))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer
                                .write_str("<'a>(&'a self, ctx: ::rsvc::Context, ")?;
                            (&&&askama::filters::Writable(__askama_expr6))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str(": ")?;
                            (&&&askama::filters::Writable(__askama_expr9))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer
                                .write_str(
                                    ")
        -> ::rsvc::codegen::BoxFuture<'a, ::core::result::Result<",
                                )?;
                            (&&&askama::filters::Writable(__askama_expr11))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str(", ")?;
                            (&&&askama::filters::Writable(__askama_expr14))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer
                                .write_str(">> {
        ::std::boxed::Box::pin(<T as ")?;
                            (&&&askama::filters::Writable(__askama_expr17))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str(">::")?;
                            (&&&askama::filters::Writable(__askama_expr19))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str("(self, ctx, ")?;
                            (&&&askama::filters::Writable(__askama_expr6))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    __askama_writer.write_str("))
    }")?;
                }
                __askama_writer.write_str("
}

impl ")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.service_trait),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.object),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr3, __askama_expr7) => {
                        (&&&askama::filters::Writable(__askama_expr3))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str(" for dyn ")?;
                        (&&&askama::filters::Writable(__askama_expr7))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str(" {")?;
                let __askama_iter = (&self.methods).into_iter();
                for (m, __askama_item) in askama::helpers::TemplateLoop::new(
                    __askama_iter,
                ) {
                    __askama_writer.write_str("
    fn ")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.name),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.parameter),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.future),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.object_name),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.argument),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (
                            __askama_expr3,
                            __askama_expr6,
                            __askama_expr10,
                            __askama_expr13,
                            __askama_expr16,
                        ) => {
                            (&&&askama::filters::Writable(__askama_expr3))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer
                                .write_str(
                                    "(
        &self,
        ctx: ::rsvc::Context,
        ",
                                )?;
                            (&&&askama::filters::Writable(__askama_expr6))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str("
    ) ")?;
                            (&&&askama::filters::Writable(__askama_expr10))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str(" {
        self.")?;
                            (&&&askama::filters::Writable(__askama_expr13))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str("(ctx, ")?;
                            (&&&askama::filters::Writable(__askama_expr16))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    __askama_writer.write_str(")
    }")?;
                }
                __askama_writer.write_str("
}
")?;
            }
            __askama_writer.write_str("
")?;
            if askama::helpers::as_bool(&(self.laid_out)) {
                __askama_writer.write_str("//= laid out
")?;
            }
            __askama_writer.write_str("/// Describes the service `")?;
            match (
                &((&&askama::filters::AutoEscaper::new(
                    &(self.full_name),
                    askama::filters::Text,
                ))
                    .askama_auto_escape()?),
                &((&&askama::filters::AutoEscaper::new(
                    &(self.names.info),
                    askama::filters::Text,
                ))
                    .askama_auto_escape()?),
                &((&&askama::filters::AutoEscaper::new(
                    &(self.infos),
                    askama::filters::Text,
                ))
                    .askama_auto_escape()?),
                &((&&askama::filters::AutoEscaper::new(
                    &(self.descriptor_set),
                    askama::filters::Text,
                ))
                    .askama_auto_escape()?),
            ) {
                (__askama_expr1, __askama_expr4, __askama_expr9, __askama_expr11) => {
                    (&&&askama::filters::Writable(__askama_expr1))
                        .askama_write(__askama_writer, __askama_values)?;
                    __askama_writer.write_str("`.
pub const ")?;
                    (&&&askama::filters::Writable(__askama_expr4))
                        .askama_write(__askama_writer, __askama_values)?;
                    __askama_writer
                        .write_str(
                            ": ::rsvc::ServiceInfo = ::rsvc::ServiceInfo::new(
    \"",
                        )?;
                    (&&&askama::filters::Writable(__askama_expr1))
                        .askama_write(__askama_writer, __askama_values)?;
                    __askama_writer.write_str("\",
    ")?;
                    (&&&askama::filters::Writable(__askama_expr9))
                        .askama_write(__askama_writer, __askama_values)?;
                    __askama_writer.write_str("
    ")?;
                    (&&&askama::filters::Writable(__askama_expr11))
                        .askama_write(__askama_writer, __askama_values)?;
                }
            }
            __askama_writer.write_str(",
);
")?;
            let __askama_iter = (&self.methods).into_iter();
            for (m, __askama_item) in askama::helpers::TemplateLoop::new(__askama_iter) {
                __askama_writer.write_str("
")?;
                if askama::helpers::as_bool(&(m.info_laid_out)) {
                    __askama_writer.write_str("//= laid out
")?;
                }
                __askama_writer.write_str("/// Describes the rpc `")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(m.full_name),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(m.info),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(m.pad),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.full_name),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(m.proto_name),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(m.path),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(m.kind),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (
                        __askama_expr1,
                        __askama_expr4,
                        __askama_expr7,
                        __askama_expr9,
                        __askama_expr14,
                        __askama_expr19,
                        __askama_expr24,
                    ) => {
                        (&&&askama::filters::Writable(__askama_expr1))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("`.
pub const ")?;
                        (&&&askama::filters::Writable(__askama_expr4))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer
                            .write_str(
                                ": ::rsvc::MethodInfo = ::rsvc::MethodInfo::new(
",
                            )?;
                        (&&&askama::filters::Writable(__askama_expr7))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("\"")?;
                        (&&&askama::filters::Writable(__askama_expr9))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("\",
")?;
                        (&&&askama::filters::Writable(__askama_expr7))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("\"")?;
                        (&&&askama::filters::Writable(__askama_expr14))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("\",
")?;
                        (&&&askama::filters::Writable(__askama_expr7))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("\"")?;
                        (&&&askama::filters::Writable(__askama_expr19))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("\",
")?;
                        (&&&askama::filters::Writable(__askama_expr7))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("::rsvc::MethodKind::")?;
                        (&&&askama::filters::Writable(__askama_expr24))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str(",")?;
                if askama::helpers::as_bool(&(m.told.is_empty())) {
                    __askama_writer.write_str("
)")?;
                } else {
                    __askama_writer.write_str("
    )")?;
                }
                let __askama_iter = (&m.told).into_iter();
                for (call, __askama_item) in askama::helpers::TemplateLoop::new(
                    __askama_iter,
                ) {
                    __askama_writer.write_str("
    ")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(call),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (__askama_expr1,) => {
                            (&&&askama::filters::Writable(__askama_expr1))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                }
                __askama_writer.write_str(";
")?;
            }
            if !askama::helpers::as_bool(&(self.bindings.is_empty())) {
                __askama_writer.write_str("
/// How the rpcs of `")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.full_name),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.bindings),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr2, __askama_expr5) => {
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer
                            .write_str(
                                "` are reached over REST, in the order of the `.proto`.
pub const ",
                            )?;
                        (&&&askama::filters::Writable(__askama_expr5))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str(": &[::rsvc::codegen::rest::Binding] = &[")?;
                let __askama_iter = (&self.bindings).into_iter();
                for (binding, __askama_item) in askama::helpers::TemplateLoop::new(
                    __askama_iter,
                ) {
                    __askama_writer.write_str("
    ")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(binding),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (__askama_expr1,) => {
                            (&&&askama::filters::Writable(__askama_expr1))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    __askama_writer.write_str(",")?;
                }
                __askama_writer.write_str("
];
")?;
            }
            if askama::helpers::as_bool(&(self.server)) {
                __askama_writer.write_str("
//= laid out
/// Serves [`trait@")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.service_trait),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr2,) => {
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str("`] over gRPC, gRPC-Web")?;
                if askama::helpers::as_bool(&(self.rest.is_some())) {
                    __askama_writer.write_str(", Connect and REST")?;
                } else {
                    __askama_writer.write_str(" and Connect")?;
                }
                __askama_writer.write_str(".
pub struct ")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.server),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.service_trait),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr2, __askama_expr5) => {
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer
                            .write_str(
                                "<T> {
    inner: ::std::sync::Arc<T>,
}

//= laid out
impl<T: ",
                            )?;
                        (&&&askama::filters::Writable(__askama_expr5))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("> ")?;
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer
                            .write_str(
                                "<T> {
    /// A server that calls `inner`.
    pub fn new(inner: T) -> Self {
        Self {
            inner: ::std::sync::Arc::new(inner),
        }
    }
    /// As [`Self::new`], for an implementation that is shared.
    pub fn from_arc(inner: ::std::sync::Arc<T>) -> Self {
        Self { inner }
    }
}

//= laid out
impl<T> ::core::clone::Clone for ",
                            )?;
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer
                            .write_str(
                                "<T> {
    fn clone(&self) -> Self {
        Self {
            inner: ::core::clone::Clone::clone(&self.inner),
        }
    }
}

//= laid out
impl<T> ::core::fmt::Debug for ",
                            )?;
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer
                            .write_str(
                                "<T> {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(\"",
                            )?;
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str("\")
    }
}

")?;
                if !askama::helpers::as_bool(&(self.plain)) {
                    __askama_writer.write_str("//= laid out
")?;
                }
                __askama_writer.write_str("impl<T: ")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.service_trait),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.server),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.info),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr2, __askama_expr5, __askama_expr7) => {
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("> ::rsvc::codegen::Service for ")?;
                        (&&&askama::filters::Writable(__askama_expr5))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer
                            .write_str(
                                "<T> {
    const INFO: &'static ::rsvc::ServiceInfo = &",
                            )?;
                        (&&&askama::filters::Writable(__askama_expr7))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str(";")?;
                if let Some(bindings) = &self.rest {
                    __askama_writer
                        .write_str(
                            "
    const BINDINGS: &'static [::rsvc::codegen::rest::Binding] = ",
                        )?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(bindings),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (__askama_expr3,) => {
                            (&&&askama::filters::Writable(__askama_expr3))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    __askama_writer.write_str(";")?;
                }
                __askama_writer
                    .write_str(
                        "
    fn call<'a>(
        &'a self,
        method: usize,
        call: ::rsvc::codegen::Call<'a>,
    ) -> ::rsvc::codegen::Handling<'a> {
        match method {",
                    )?;
                let __askama_iter = (&self.methods).into_iter();
                for (m, __askama_item) in askama::helpers::TemplateLoop::new(
                    __askama_iter,
                ) {
                    __askama_writer.write_str("
            ")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(__askama_item.index0),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (__askama_expr1,) => {
                            (&&&askama::filters::Writable(__askama_expr1))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    __askama_writer.write_str(" => {")?;
                    if askama::helpers::as_bool(&(m.plain.any)) {
                        __askama_writer.write_str("
                call.")?;
                        match (
                            &((&&askama::filters::AutoEscaper::new(
                                &(m.call),
                                askama::filters::Text,
                            ))
                                .askama_auto_escape()?),
                            &((&&askama::filters::AutoEscaper::new(
                                &(m.plain.parameter),
                                askama::filters::Text,
                            ))
                                .askama_auto_escape()?),
                            &((&&askama::filters::AutoEscaper::new(
                                &(self.names.service_trait),
                                askama::filters::Text,
                            ))
                                .askama_auto_escape()?),
                            &((&&askama::filters::AutoEscaper::new(
                                &(m.name),
                                askama::filters::Text,
                            ))
                                .askama_auto_escape()?),
                            &((&&askama::filters::AutoEscaper::new(
                                &(m.plain.received),
                                askama::filters::Text,
                            ))
                                .askama_auto_escape()?),
                            &((&&askama::filters::AutoEscaper::new(
                                &(m.plain.answered),
                                askama::filters::Text,
                            ))
                                .askama_auto_escape()?),
                        ) {
                            (
                                __askama_expr2,
                                __askama_expr5,
                                __askama_expr8,
                                __askama_expr10,
                                __askama_expr13,
                                __askama_expr15,
                            ) => {
                                (&&&askama::filters::Writable(__askama_expr2))
                                    .askama_write(__askama_writer, __askama_values)?;
                                __askama_writer.write_str("(move |ctx, ")?;
                                (&&&askama::filters::Writable(__askama_expr5))
                                    .askama_write(__askama_writer, __askama_values)?;
                                __askama_writer
                                    .write_str("| async move {
                    <T as ")?;
                                (&&&askama::filters::Writable(__askama_expr8))
                                    .askama_write(__askama_writer, __askama_values)?;
                                __askama_writer.write_str(">::")?;
                                (&&&askama::filters::Writable(__askama_expr10))
                                    .askama_write(__askama_writer, __askama_values)?;
                                __askama_writer.write_str("(&*self.inner, ctx, ")?;
                                (&&&askama::filters::Writable(__askama_expr13))
                                    .askama_write(__askama_writer, __askama_values)?;
                                __askama_writer
                                    .write_str(")
                        .await")?;
                                (&&&askama::filters::Writable(__askama_expr15))
                                    .askama_write(__askama_writer, __askama_values)?;
                            }
                        }
                        __askama_writer.write_str("
                })")?;
                    } else {
                        __askama_writer.write_str("
                call.")?;
                        match (
                            &((&&askama::filters::AutoEscaper::new(
                                &(m.call),
                                askama::filters::Text,
                            ))
                                .askama_auto_escape()?),
                            &((&&askama::filters::AutoEscaper::new(
                                &(m.argument),
                                askama::filters::Text,
                            ))
                                .askama_auto_escape()?),
                            &((&&askama::filters::AutoEscaper::new(
                                &(self.names.service_trait),
                                askama::filters::Text,
                            ))
                                .askama_auto_escape()?),
                            &((&&askama::filters::AutoEscaper::new(
                                &(m.name),
                                askama::filters::Text,
                            ))
                                .askama_auto_escape()?),
                        ) {
                            (
                                __askama_expr2,
                                __askama_expr5,
                                __askama_expr8,
                                __askama_expr10,
                            ) => {
                                (&&&askama::filters::Writable(__askama_expr2))
                                    .askama_write(__askama_writer, __askama_values)?;
                                __askama_writer.write_str("(move |ctx, ")?;
                                (&&&askama::filters::Writable(__askama_expr5))
                                    .askama_write(__askama_writer, __askama_values)?;
                                __askama_writer
                                    .write_str("| {
                    <T as ")?;
                                (&&&askama::filters::Writable(__askama_expr8))
                                    .askama_write(__askama_writer, __askama_values)?;
                                __askama_writer.write_str(">::")?;
                                (&&&askama::filters::Writable(__askama_expr10))
                                    .askama_write(__askama_writer, __askama_values)?;
                                __askama_writer.write_str("(&*self.inner, ctx, ")?;
                                (&&&askama::filters::Writable(__askama_expr5))
                                    .askama_write(__askama_writer, __askama_values)?;
                            }
                        }
                        __askama_writer.write_str(")
                })")?;
                    }
                    __askama_writer.write_str("
            }")?;
                }
                __askama_writer
                    .write_str(
                        "
            _ => call.unknown(),
        }
    }
}

//= laid out
impl<T: ",
                    )?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.service_trait),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.server),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.full_name),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr3, __askama_expr6, __askama_expr8) => {
                        (&&&askama::filters::Writable(__askama_expr3))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer
                            .write_str("> ::rsvc::codegen::NamedService for ")?;
                        (&&&askama::filters::Writable(__askama_expr6))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer
                            .write_str("<T> {
    const NAME: &'static str = \"")?;
                        (&&&askama::filters::Writable(__askama_expr8))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str("\";
}

")?;
                if askama::helpers::as_bool(&(self.has_long_name)) {
                    __askama_writer.write_str("//= laid out
")?;
                }
                __askama_writer.write_str("impl<
    T: ")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.service_trait),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.server),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr2, __askama_expr5) => {
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer
                            .write_str(
                                ",
    B: ::rsvc::codegen::RequestBody,
> ::rsvc::codegen::tower_service::Service<::rsvc::codegen::http::Request<B>>
for ",
                            )?;
                        (&&&askama::filters::Writable(__askama_expr5))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer
                    .write_str(
                        "<T> {
    type Response = ::rsvc::codegen::MountedResponse;
    type Error = ::core::convert::Infallible;
    type Future = ::rsvc::codegen::MountedFuture;
    fn poll_ready(
        &mut self,
        _: &mut ::core::task::Context<'_>,
    ) -> ::core::task::Poll<::core::result::Result<(), Self::Error>> {
        ::core::task::Poll::Ready(::core::result::Result::Ok(()))
    }
    fn call(&mut self, request: ::rsvc::codegen::http::Request<B>) -> Self::Future {
        ::rsvc::codegen::call(::core::clone::Clone::clone(self), request)
    }
}",
                    )?;
            }
            __askama_writer.write_str("
")?;
            if askama::helpers::as_bool(&(self.client)) {
                __askama_writer.write_str("
//= laid out
/// Calls `")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.full_name),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.service_trait),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.client),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr2, __askama_expr4, __askama_expr7) => {
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer
                            .write_str(
                                "` over gRPC, gRPC-Web or Connect; implements [`trait@",
                            )?;
                        (&&&askama::filters::Writable(__askama_expr4))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer
                            .write_str("`].
#[derive(Clone, Debug)]
pub struct ")?;
                        (&&&askama::filters::Writable(__askama_expr7))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer
                            .write_str(
                                " {
    channel: ::rsvc::Channel,
}

//= laid out
impl ",
                            )?;
                        (&&&askama::filters::Writable(__askama_expr7))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer
                    .write_str(
                        " {
    /// A client on a channel, which may be shared with other clients.
    pub fn new(channel: ::rsvc::Channel) -> Self {
        Self { channel }
    }
    /// Connects to an address such as `http://127.0.0.1:8080`.
    pub async fn connect(
        endpoint: impl ::core::convert::Into<::std::string::String>,
    ) -> ::core::result::Result<Self, ::rsvc::ConnectError> {
        ::rsvc::Channel::connect(endpoint).await.map(|channel| Self { channel })
    }",
                    )?;
                if askama::helpers::as_bool(&(self.server)) {
                    __askama_writer
                        .write_str(
                            "
    /// A client of a service in the same process: a call is what it is over a network, but its messages are handed over.
    pub fn in_process(service: impl ",
                        )?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(self.names.service_trait),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(self.names.server),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (__askama_expr3, __askama_expr5) => {
                            (&&&askama::filters::Writable(__askama_expr3))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer
                                .write_str(
                                    ") -> Self {
        Self::new(::rsvc::Channel::in_process(",
                                )?;
                            (&&&askama::filters::Writable(__askama_expr5))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    __askama_writer.write_str("::new(service)))
    }")?;
                }
                __askama_writer.write_str("
}

")?;
                if askama::helpers::as_bool(&(self.laid_out))
                    && !askama::helpers::as_bool(&(self.plain))
                {
                    __askama_writer.write_str("//= laid out
")?;
                }
                __askama_writer.write_str("impl ")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.service_trait),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.client),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr2, __askama_expr6) => {
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str(" for ")?;
                        (&&&askama::filters::Writable(__askama_expr6))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str(" {")?;
                let __askama_iter = (&self.methods).into_iter();
                for (m, __askama_item) in askama::helpers::TemplateLoop::new(
                    __askama_iter,
                ) {
                    __askama_writer.write_str("
    async fn ")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.name),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.parameter),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.result),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.client_call),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (
                            __askama_expr3,
                            __askama_expr6,
                            __askama_expr8,
                            __askama_expr10,
                        ) => {
                            (&&&askama::filters::Writable(__askama_expr3))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer
                                .write_str(
                                    "(
        &self,
        ctx: ::rsvc::Context,
        ",
                                )?;
                            (&&&askama::filters::Writable(__askama_expr6))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str("
    ")?;
                            (&&&askama::filters::Writable(__askama_expr8))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str("
        ")?;
                            (&&&askama::filters::Writable(__askama_expr10))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    __askama_writer.write_str("
    }")?;
                }
                __askama_writer.write_str("
}
")?;
            }
            __askama_writer.write_str("
")?;
            if askama::helpers::as_bool(&(self.rest_client)) {
                __askama_writer.write_str("
//= laid out
/// Calls `")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.full_name),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.service_trait),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.names.rest_client),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr2, __askama_expr4, __askama_expr7) => {
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("` over REST; implements [`trait@")?;
                        (&&&askama::filters::Writable(__askama_expr4))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer
                            .write_str("`].
#[derive(Clone, Debug)]
pub struct ")?;
                        (&&&askama::filters::Writable(__askama_expr7))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer
                            .write_str(
                                " {
    channel: ::rsvc::client::RestChannel,
}

//= laid out
impl ",
                            )?;
                        (&&&askama::filters::Writable(__askama_expr7))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer
                            .write_str(
                                " {
    /// A client on a channel, which may be shared with other clients.
    pub fn new(channel: ::rsvc::client::RestChannel) -> Self {
        Self { channel }
    }
}

impl ",
                            )?;
                        (&&&askama::filters::Writable(__askama_expr4))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str(" for ")?;
                        (&&&askama::filters::Writable(__askama_expr7))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str(" {")?;
                let __askama_iter = (&self.methods).into_iter();
                for (m, __askama_item) in askama::helpers::TemplateLoop::new(
                    __askama_iter,
                ) {
                    __askama_writer.write_str("
    async fn ")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.name),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.parameter),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.result),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.info),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(__askama_item.index0),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(self.names.bindings),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.call),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.plain.sent),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(m.plain.returned),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (
                            __askama_expr3,
                            __askama_expr6,
                            __askama_expr8,
                            __askama_expr11,
                            __askama_expr14,
                            __askama_expr17,
                            __askama_expr19,
                            __askama_expr22,
                            __askama_expr24,
                        ) => {
                            (&&&askama::filters::Writable(__askama_expr3))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer
                                .write_str(
                                    "(
        &self,
        ctx: ::rsvc::Context,
        ",
                                )?;
                            (&&&askama::filters::Writable(__askama_expr6))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str("
    ")?;
                            (&&&askama::filters::Writable(__askama_expr8))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer
                                .write_str(
                                    "
        let target = ::rsvc::codegen::rest_client::Target {
            info: &",
                                )?;
                            (&&&askama::filters::Writable(__askama_expr11))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str(",
            method: ")?;
                            (&&&askama::filters::Writable(__askama_expr14))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str(",
            bindings: ")?;
                            (&&&askama::filters::Writable(__askama_expr17))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer
                                .write_str(
                                    ",
        };
        ::rsvc::codegen::rest_client::",
                                )?;
                            (&&&askama::filters::Writable(__askama_expr19))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str("(&self.channel, target, ctx, ")?;
                            (&&&askama::filters::Writable(__askama_expr22))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str(").await")?;
                            (&&&askama::filters::Writable(__askama_expr24))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    __askama_writer.write_str("
    }")?;
                }
                __askama_writer.write_str("
}
")?;
            }
            __askama_writer.write_str("
")?;
            askama::Result::Ok(())
        }
        const SIZE_HINT: askama::helpers::core::primitive::usize = 3834usize;
    }
    /// Implement the [`format!()`][askama::helpers::std::format] trait for [`View`]
    ///
    /// Please be aware of the rendering performance notice in the [`Template`][askama::Template] trait.
    #[automatically_derived]
    impl<'a> askama::helpers::core::fmt::Display for View<'a> {
        #[inline]
        fn fmt(
            &self,
            f: &mut askama::helpers::core::fmt::Formatter<'_>,
        ) -> askama::helpers::core::fmt::Result {
            askama::Template::render_into(self, f)
                .map_err(|_| askama::helpers::core::fmt::Error)
        }
    }
    #[automatically_derived]
    impl<'a> askama::FastWritable for View<'a> {
        #[inline]
        fn write_into(
            &self,
            dest: &mut dyn askama::helpers::core::fmt::Write,
            values: &dyn askama::Values,
        ) -> askama::Result<()> {
            askama::Template::render_into_with_values(self, dest, values)
        }
    }
};
