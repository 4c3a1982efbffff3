// Derived by askama from `protoc-gen-rsvc/templates/error_set.rs.askama` for `protoc-gen-rsvc/src/emit/errors.rs`: `cargo xtask bless` writes it.

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
    impl<'a> askama::Template for ErrorSetView<'a> {
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
            let __askama_iter = (&self.docs).into_iter();
            for (line, __askama_item) in askama::helpers::TemplateLoop::new(
                __askama_iter,
            ) {
                __askama_writer.write_str("
#[doc = ")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(line),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr3,) => {
                        (&&&askama::filters::Writable(__askama_expr3))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str("]")?;
            }
            if !askama::helpers::as_bool(&(self.docs.is_empty())) {
                __askama_writer.write_str("
#[doc = \"\"]")?;
            }
            __askama_writer.write_str("
#[doc = \" The error set `")?;
            match (
                &((&&askama::filters::AutoEscaper::new(
                    &(self.full_name),
                    askama::filters::Text,
                ))
                    .askama_auto_escape()?),
            ) {
                (__askama_expr2,) => {
                    (&&&askama::filters::Writable(__askama_expr2))
                        .askama_write(__askama_writer, __askama_values)?;
                }
            }
            __askama_writer.write_str("`.\"]")?;
            if askama::helpers::as_bool(&(self.deprecated)) {
                __askama_writer.write_str("
#[deprecated]")?;
            }
            let __askama_iter = (&self.attributes).into_iter();
            for (attribute, __askama_item) in askama::helpers::TemplateLoop::new(
                __askama_iter,
            ) {
                __askama_writer.write_str("
")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(attribute),
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
            __askama_writer
                .write_str(
                    "
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
#[non_exhaustive]
pub enum ",
                )?;
            match (
                &((&&askama::filters::AutoEscaper::new(
                    &(self.name),
                    askama::filters::Text,
                ))
                    .askama_auto_escape()?),
            ) {
                (__askama_expr3,) => {
                    (&&&askama::filters::Writable(__askama_expr3))
                        .askama_write(__askama_writer, __askama_values)?;
                }
            }
            __askama_writer.write_str(" {")?;
            let __askama_iter = (&self.errors).into_iter();
            for (e, __askama_item) in askama::helpers::TemplateLoop::new(__askama_iter) {
                let __askama_iter = (&e.docs).into_iter();
                for (line, __askama_item) in askama::helpers::TemplateLoop::new(
                    __askama_iter,
                ) {
                    __askama_writer.write_str("
    #[doc = ")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(line),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (__askama_expr3,) => {
                            (&&&askama::filters::Writable(__askama_expr3))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    __askama_writer.write_str("]")?;
                }
                if askama::helpers::as_bool(&(e.deprecated)) {
                    __askama_writer.write_str("
    #[deprecated]")?;
                }
                __askama_writer.write_str("
    ")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.name),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.payload),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr1, __askama_expr3) => {
                        (&&&askama::filters::Writable(__askama_expr1))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("(")?;
                        (&&&askama::filters::Writable(__askama_expr3))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str("),")?;
            }
            __askama_writer
                .write_str(
                    "
    /// Everything else: what the runtime or the transport says, and errors that a newer server knows.
    ",
                )?;
            match (
                &((&&askama::filters::AutoEscaper::new(
                    &(self.status),
                    askama::filters::Text,
                ))
                    .askama_auto_escape()?),
                &((&&askama::filters::AutoEscaper::new(
                    &(self.name),
                    askama::filters::Text,
                ))
                    .askama_auto_escape()?),
            ) {
                (__askama_expr3, __askama_expr6) => {
                    (&&&askama::filters::Writable(__askama_expr3))
                        .askama_write(__askama_writer, __askama_values)?;
                    __askama_writer.write_str("(::rsvc::Status),
}

impl ")?;
                    (&&&askama::filters::Writable(__askama_expr6))
                        .askama_write(__askama_writer, __askama_values)?;
                }
            }
            __askama_writer.write_str(" {")?;
            let __askama_iter = (&self.errors).into_iter();
            for (e, __askama_item) in askama::helpers::TemplateLoop::new(__askama_iter) {
                __askama_writer.write_str("
    #[doc = \" Makes a [`")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(self.name),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.name),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr2, __askama_expr4) => {
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("::")?;
                        (&&&askama::filters::Writable(__askama_expr4))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str("`].\"]")?;
                if askama::helpers::as_bool(&(e.deprecated)) {
                    __askama_writer.write_str("
    #[deprecated]")?;
                }
                __askama_writer.write_str("
    pub fn ")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.constructor),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr3,) => {
                        (&&&askama::filters::Writable(__askama_expr3))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str("(")?;
                let __askama_iter = (&e.parameters).into_iter();
                for (p, __askama_item) in askama::helpers::TemplateLoop::new(
                    __askama_iter,
                ) {
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(p.name),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(p.ty),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (__askama_expr0, __askama_expr3) => {
                            (&&&askama::filters::Writable(__askama_expr0))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str(": ")?;
                            (&&&askama::filters::Writable(__askama_expr3))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    __askama_writer.write_str(",")?;
                }
                __askama_writer.write_str(") -> Self {
        Self::")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.name),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.construct),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr1, __askama_expr3) => {
                        (&&&askama::filters::Writable(__askama_expr1))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("(")?;
                        (&&&askama::filters::Writable(__askama_expr3))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str(")
    }")?;
            }
            __askama_writer
                .write_str(
                    "

    /// The code that it travels with.
    pub fn code(&self) -> ::rsvc::Code {
        ::rsvc::codegen::error::code(self)
    }

    /// The HTTP status over REST.
    pub fn http_status(&self) -> u16 {
        ::rsvc::codegen::error::http(self)
    }

    /// What identifies it inside its domain, as `NOT_FOUND`; `None` for a status.
    pub fn reason(&self) -> ::core::option::Option<&'static str> {
        ::rsvc::codegen::error::reason(self)
    }

    /// Whether the call may be made again as it is.
    pub fn is_retryable(&self) -> bool {
        ::rsvc::codegen::error::retryable(self)
    }
}

impl ::rsvc::ErrorSet for ",
                )?;
            match (
                &((&&askama::filters::AutoEscaper::new(
                    &(self.name),
                    askama::filters::Text,
                ))
                    .askama_auto_escape()?),
                &((&&askama::filters::AutoEscaper::new(
                    &(self.domain),
                    askama::filters::Text,
                ))
                    .askama_auto_escape()?),
            ) {
                (__askama_expr3, __askama_expr7) => {
                    (&&&askama::filters::Writable(__askama_expr3))
                        .askama_write(__askama_writer, __askama_values)?;
                    __askama_writer.write_str(" {
    const DOMAIN: &'static str = ")?;
                    (&&&askama::filters::Writable(__askama_expr7))
                        .askama_write(__askama_writer, __askama_values)?;
                }
            }
            __askama_writer
                .write_str(
                    ";

    const ERRORS: &'static [::rsvc::error::ErrorDefinition] = &[",
                )?;
            let __askama_iter = (&self.errors).into_iter();
            for (e, __askama_item) in askama::helpers::TemplateLoop::new(__askama_iter) {
                __askama_writer
                    .write_str(
                        "
        ::rsvc::error::ErrorDefinition::new(
            ",
                    )?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.proto_name),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.reason),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.payload_name),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.code),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.http_status),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (
                        __askama_expr3,
                        __askama_expr5,
                        __askama_expr8,
                        __askama_expr10,
                        __askama_expr13,
                    ) => {
                        (&&&askama::filters::Writable(__askama_expr3))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str(", \"")?;
                        (&&&askama::filters::Writable(__askama_expr5))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("\", ")?;
                        (&&&askama::filters::Writable(__askama_expr8))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str(", ::rsvc::Code::")?;
                        (&&&askama::filters::Writable(__askama_expr10))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str(", ")?;
                        (&&&askama::filters::Writable(__askama_expr13))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str(",
        )")?;
                if let Some((seconds, nanos)) = &e.retry_after {
                    __askama_writer
                        .write_str(".retry_after(::core::time::Duration::new(")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(seconds),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(nanos),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (__askama_expr1, __askama_expr4) => {
                            (&&&askama::filters::Writable(__askama_expr1))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str(", ")?;
                            (&&&askama::filters::Writable(__askama_expr4))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    __askama_writer.write_str("))")?;
                }
                if !askama::helpers::as_bool(&(e.help.is_empty())) {
                    __askama_writer.write_str(".help(&[")?;
                    let __askama_iter = (&e.help).into_iter();
                    for ((text, url), __askama_item) in askama::helpers::TemplateLoop::new(
                        __askama_iter,
                    ) {
                        __askama_writer.write_str("(")?;
                        match (
                            &((&&askama::filters::AutoEscaper::new(
                                &(text),
                                askama::filters::Text,
                            ))
                                .askama_auto_escape()?),
                            &((&&askama::filters::AutoEscaper::new(
                                &(url),
                                askama::filters::Text,
                            ))
                                .askama_auto_escape()?),
                        ) {
                            (__askama_expr1, __askama_expr4) => {
                                (&&&askama::filters::Writable(__askama_expr1))
                                    .askama_write(__askama_writer, __askama_values)?;
                                __askama_writer.write_str(", ")?;
                                (&&&askama::filters::Writable(__askama_expr4))
                                    .askama_write(__askama_writer, __askama_values)?;
                            }
                        }
                        __askama_writer.write_str("),")?;
                    }
                    __askama_writer.write_str("])")?;
                }
                if !askama::helpers::as_bool(&(e.locales.is_empty())) {
                    __askama_writer.write_str(".locales(&[")?;
                    let __askama_iter = (&e.locales).into_iter();
                    for (locale, __askama_item) in askama::helpers::TemplateLoop::new(
                        __askama_iter,
                    ) {
                        match (
                            &((&&askama::filters::AutoEscaper::new(
                                &(locale),
                                askama::filters::Text,
                            ))
                                .askama_auto_escape()?),
                        ) {
                            (__askama_expr0,) => {
                                (&&&askama::filters::Writable(__askama_expr0))
                                    .askama_write(__askama_writer, __askama_values)?;
                            }
                        }
                        __askama_writer.write_str(",")?;
                    }
                    __askama_writer.write_str("])")?;
                }
                __askama_writer.write_str(",")?;
            }
            __askama_writer
                .write_str(
                    "
    ];

    fn which(&self) -> ::core::result::Result<usize, &::rsvc::Status> {
        match self {",
                )?;
            let __askama_iter = (&self.errors).into_iter();
            for (e, __askama_item) in askama::helpers::TemplateLoop::new(__askama_iter) {
                __askama_writer.write_str("
            Self::")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.name),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.index),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr2, __askama_expr4) => {
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("(_) => ::core::result::Result::Ok(")?;
                        (&&&askama::filters::Writable(__askama_expr4))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str("),")?;
            }
            __askama_writer.write_str("
            Self::")?;
            match (
                &((&&askama::filters::AutoEscaper::new(
                    &(self.status),
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
                    "(status) => ::core::result::Result::Err(status),
        }
    }

    fn describe(&self, out: &mut ::rsvc::codegen::error::Outgoing) {
        match self {",
                )?;
            let __askama_iter = (&self.errors).into_iter();
            for (e, __askama_item) in askama::helpers::TemplateLoop::new(__askama_iter) {
                __askama_writer.write_str("
            Self::")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.name),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr2,) => {
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str("(payload) => {")?;
                let __askama_iter = (&e.metadata).into_iter();
                for (statement, __askama_item) in askama::helpers::TemplateLoop::new(
                    __askama_iter,
                ) {
                    __askama_writer.write_str("
                ")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(statement),
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
                __askama_writer
                    .write_str("
                out.payload(payload);
            }")?;
            }
            __askama_writer.write_str("
            Self::")?;
            match (
                &((&&askama::filters::AutoEscaper::new(
                    &(self.status),
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
                    "(_) => {}
        }
    }

    fn localized(&self, locale: usize, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        match (self, locale) {",
                )?;
            let __askama_iter = (&self.errors).into_iter();
            for (e, __askama_item) in askama::helpers::TemplateLoop::new(__askama_iter) {
                let __askama_iter = (&e.localized).into_iter();
                for (text, __askama_item) in askama::helpers::TemplateLoop::new(
                    __askama_iter,
                ) {
                    __askama_writer.write_str("
            (Self::")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(e.name),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(__askama_item.index0),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (__askama_expr2, __askama_expr5) => {
                            (&&&askama::filters::Writable(__askama_expr2))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str("(payload), ")?;
                            (&&&askama::filters::Writable(__askama_expr5))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    __askama_writer.write_str(") => {")?;
                    let __askama_iter = (text).into_iter();
                    for (write, __askama_item) in askama::helpers::TemplateLoop::new(
                        __askama_iter,
                    ) {
                        __askama_writer.write_str("
                ")?;
                        match (
                            &((&&askama::filters::AutoEscaper::new(
                                &(write),
                                askama::filters::Text,
                            ))
                                .askama_auto_escape()?),
                        ) {
                            (__askama_expr1,) => {
                                (&&&askama::filters::Writable(__askama_expr1))
                                    .askama_write(__askama_writer, __askama_values)?;
                            }
                        }
                        __askama_writer.write_str("?;")?;
                    }
                    __askama_writer
                        .write_str(
                            "
                ::core::result::Result::Ok(())
            }",
                        )?;
                }
            }
            __askama_writer
                .write_str(
                    "
            _ => ::core::result::Result::Ok(()),
        }
    }

    fn restore(
        index: usize,
        incoming: &::rsvc::codegen::error::Incoming<'_>,
    ) -> ::core::option::Option<Self> {
        ::core::option::Option::Some(match index {",
                )?;
            let __askama_iter = (&self.errors).into_iter();
            for (e, __askama_item) in askama::helpers::TemplateLoop::new(__askama_iter) {
                __askama_writer.write_str("
            ")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.index),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.name),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.payload),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr1, __askama_expr4, __askama_expr7) => {
                        (&&&askama::filters::Writable(__askama_expr1))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str(" => Self::")?;
                        (&&&askama::filters::Writable(__askama_expr4))
                            .askama_write(__askama_writer, __askama_values)?;
                        __askama_writer.write_str("(incoming.payload(|payload: &mut ")?;
                        (&&&askama::filters::Writable(__askama_expr7))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str("| {")?;
                let __askama_iter = (&e.restore).into_iter();
                for (statement, __askama_item) in askama::helpers::TemplateLoop::new(
                    __askama_iter,
                ) {
                    __askama_writer.write_str("
                ")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(statement),
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
                __askama_writer.write_str("
            })),")?;
            }
            __askama_writer
                .write_str(
                    "
            _ => return ::core::option::Option::None,
        })
    }
}

impl ::core::fmt::Display for ",
                )?;
            match (
                &((&&askama::filters::AutoEscaper::new(
                    &(self.name),
                    askama::filters::Text,
                ))
                    .askama_auto_escape()?),
            ) {
                (__askama_expr3,) => {
                    (&&&askama::filters::Writable(__askama_expr3))
                        .askama_write(__askama_writer, __askama_values)?;
                }
            }
            __askama_writer
                .write_str(
                    " {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        match self {",
                )?;
            let __askama_iter = (&self.errors).into_iter();
            for (e, __askama_item) in askama::helpers::TemplateLoop::new(__askama_iter) {
                __askama_writer.write_str("
            Self::")?;
                match (
                    &((&&askama::filters::AutoEscaper::new(
                        &(e.name),
                        askama::filters::Text,
                    ))
                        .askama_auto_escape()?),
                ) {
                    (__askama_expr2,) => {
                        (&&&askama::filters::Writable(__askama_expr2))
                            .askama_write(__askama_writer, __askama_values)?;
                    }
                }
                __askama_writer.write_str("(payload) => {")?;
                let __askama_iter = (&e.message).into_iter();
                for (write, __askama_item) in askama::helpers::TemplateLoop::new(
                    __askama_iter,
                ) {
                    __askama_writer.write_str("
                ")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(write),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (__askama_expr1,) => {
                            (&&&askama::filters::Writable(__askama_expr1))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    __askama_writer.write_str("?;")?;
                }
                __askama_writer
                    .write_str(
                        "
                ::core::result::Result::Ok(())
            }",
                    )?;
            }
            __askama_writer.write_str("
            Self::")?;
            match (
                &((&&askama::filters::AutoEscaper::new(
                    &(self.status),
                    askama::filters::Text,
                ))
                    .askama_auto_escape()?),
                &((&&askama::filters::AutoEscaper::new(
                    &(self.name),
                    askama::filters::Text,
                ))
                    .askama_auto_escape()?),
            ) {
                (__askama_expr2, __askama_expr5) => {
                    (&&&askama::filters::Writable(__askama_expr2))
                        .askama_write(__askama_writer, __askama_values)?;
                    __askama_writer
                        .write_str(
                            "(status) => ::rsvc::codegen::error::show_status(f, status),
        }
    }
}

impl ::core::error::Error for ",
                        )?;
                    (&&&askama::filters::Writable(__askama_expr5))
                        .askama_write(__askama_writer, __askama_values)?;
                    __askama_writer
                        .write_str(
                            " {
    fn source(&self) -> ::core::option::Option<&(dyn ::core::error::Error + 'static)> {
        match self {
            Self::",
                        )?;
                    (&&&askama::filters::Writable(__askama_expr2))
                        .askama_write(__askama_writer, __askama_values)?;
                    __askama_writer
                        .write_str(
                            "(status) => status.source(),
            _ => ::core::option::Option::None,
        }
    }
}

impl ::core::convert::From<::rsvc::Status> for ",
                        )?;
                    (&&&askama::filters::Writable(__askama_expr5))
                        .askama_write(__askama_writer, __askama_values)?;
                    __askama_writer
                        .write_str(
                            " {
    fn from(status: ::rsvc::Status) -> Self {
        match ::rsvc::codegen::error::from_status(&status) {
            ::core::option::Option::Some(error) => error,
            ::core::option::Option::None => Self::",
                        )?;
                    (&&&askama::filters::Writable(__askama_expr2))
                        .askama_write(__askama_writer, __askama_values)?;
                    __askama_writer
                        .write_str(
                            "(status),
        }
    }
}

impl ::core::convert::From<",
                        )?;
                    (&&&askama::filters::Writable(__askama_expr5))
                        .askama_write(__askama_writer, __askama_values)?;
                    __askama_writer
                        .write_str("> for ::rsvc::Status {
    fn from(error: ")?;
                    (&&&askama::filters::Writable(__askama_expr5))
                        .askama_write(__askama_writer, __askama_values)?;
                    __askama_writer
                        .write_str(") -> Self {
        match error {
            ")?;
                    (&&&askama::filters::Writable(__askama_expr5))
                        .askama_write(__askama_writer, __askama_values)?;
                    __askama_writer.write_str("::")?;
                    (&&&askama::filters::Writable(__askama_expr2))
                        .askama_write(__askama_writer, __askama_values)?;
                }
            }
            __askama_writer
                .write_str(
                    "(status) => status,
            error => ::rsvc::codegen::error::into_status(&error),
        }
    }
}",
                )?;
            let __askama_iter = (&self.errors).into_iter();
            for (e, __askama_item) in askama::helpers::TemplateLoop::new(__askama_iter) {
                if let Some(payload) = &e.from {
                    __askama_writer.write_str("

impl ::core::convert::From<")?;
                    match (
                        &((&&askama::filters::AutoEscaper::new(
                            &(payload),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(self.name),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(e.name),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                        &((&&askama::filters::AutoEscaper::new(
                            &(e.wrapped),
                            askama::filters::Text,
                        ))
                            .askama_auto_escape()?),
                    ) {
                        (
                            __askama_expr2,
                            __askama_expr5,
                            __askama_expr11,
                            __askama_expr13,
                        ) => {
                            (&&&askama::filters::Writable(__askama_expr2))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str("> for ")?;
                            (&&&askama::filters::Writable(__askama_expr5))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str(" {
    fn from(payload: ")?;
                            (&&&askama::filters::Writable(__askama_expr2))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str(") -> Self {
        Self::")?;
                            (&&&askama::filters::Writable(__askama_expr11))
                                .askama_write(__askama_writer, __askama_values)?;
                            __askama_writer.write_str("(")?;
                            (&&&askama::filters::Writable(__askama_expr13))
                                .askama_write(__askama_writer, __askama_values)?;
                        }
                    }
                    __askama_writer.write_str(")
    }
}")?;
                }
            }
            __askama_writer.write_str("
")?;
            askama::Result::Ok(())
        }
        const SIZE_HINT: askama::helpers::core::primitive::usize = 4524usize;
    }
    /// Implement the [`format!()`][askama::helpers::std::format] trait for [`ErrorSetView`]
    ///
    /// Please be aware of the rendering performance notice in the [`Template`][askama::Template] trait.
    #[automatically_derived]
    impl<'a> askama::helpers::core::fmt::Display for ErrorSetView<'a> {
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
    impl<'a> askama::FastWritable for ErrorSetView<'a> {
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
