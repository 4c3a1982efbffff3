//! The syntax tree of an expression. Every node knows its bytes in the source.

/// A half-open range of bytes in the source of an expression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// From the start of `self` to the end of `other`.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }
}

/// One expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub span: Span,
    pub kind: ExprKind,
}

impl Expr {
    /// The expressions that it is made of.
    pub fn parts(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Literal(_) | ExprKind::Ident { .. } => Vec::new(),
            ExprKind::Select { operand, .. } | ExprKind::Has { operand, .. } => vec![operand],
            ExprKind::Call { target, args, .. } => {
                target.iter().map(|target| &**target).chain(args).collect()
            }
            ExprKind::And(parts) | ExprKind::Or(parts) | ExprKind::List(parts) => parts.iter().collect(),
            ExprKind::Conditional { cond, then, otherwise } => vec![cond, then, otherwise],
            ExprKind::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
            ExprKind::Message { fields, .. } => fields.iter().map(|(_, value)| value).collect(),
            ExprKind::Macro(it) => [&it.range, &it.body].into_iter().chain(&it.filter).collect(),
        }
    }

    /// `a.b.C` as one name, if that is all the expression is.
    pub fn dotted_name(&self) -> Option<Name> {
        let text = match &self.kind {
            ExprKind::Ident { name, root } => format!("{}{name}", if *root { "." } else { "" }),
            ExprKind::Select { operand, field } => format!("{}.{}", operand.dotted_name()?.text, field.text),
            _ => return None,
        };
        Some(Name { text, span: self.span })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    Literal(Literal),
    /// A plain name; with `root` when written with a leading dot.
    Ident {
        name: String,
        root: bool,
    },
    Select {
        operand: Box<Expr>,
        field: Name,
    },
    /// `has(operand.field)`
    Has {
        operand: Box<Expr>,
        field: Name,
    },
    /// An operator, a function or a method; operators go by the names of [`op`].
    Call {
        target: Option<Box<Expr>>,
        function: Name,
        args: Vec<Expr>,
    },
    /// `a && b && …`, flat, so that a long chain is not a deep tree.
    And(Vec<Expr>),
    /// `a || b || …`
    Or(Vec<Expr>),
    Conditional {
        cond: Box<Expr>,
        then: Box<Expr>,
        otherwise: Box<Expr>,
    },
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    /// `name{field: value}`
    Message {
        name: Name,
        fields: Vec<(Name, Expr)>,
    },
    Macro(Box<Macro>),
}

/// A name with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

/// A comprehension over a list or the keys of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Macro {
    pub kind: MacroKind,
    pub range: Expr,
    pub var: Name,
    /// The second variable of the two-variable forms: index and element, or key and value.
    pub second: Option<Name>,
    /// The condition of the three-argument `map`.
    pub filter: Option<Expr>,
    pub body: Expr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MacroKind {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(String),
    Bytes(Vec<u8>),
}

/// Names of operators, as the table of declarations lists them.
pub mod op {
    pub const NOT: &str = "!_";
    pub const NEG: &str = "-_";
    pub const ADD: &str = "_+_";
    pub const SUB: &str = "_-_";
    pub const MUL: &str = "_*_";
    pub const DIV: &str = "_/_";
    pub const REM: &str = "_%_";
    pub const EQ: &str = "_==_";
    pub const NE: &str = "_!=_";
    pub const LT: &str = "_<_";
    pub const LE: &str = "_<=_";
    pub const GT: &str = "_>_";
    pub const GE: &str = "_>=_";
    pub const IN: &str = "_in_";
    pub const INDEX: &str = "_[_]";

    /// The operator as the user writes it.
    pub fn display(name: &str) -> &str {
        name.trim_matches('_')
    }
}
