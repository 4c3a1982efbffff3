//! Conditions of `access`: CEL over a call, compiled as rules are.

use super::rules::report;
use super::rules::types::PoolTypes;
use super::services::ConditionSource;
use crate::cel::check::{Var, check_condition};
use crate::cel::error::{CelError, Stage};
use crate::cel::lower::{VarBinding, lower_condition};
use crate::cel::stored::store_of;
use crate::cel::types::{FieldType, Type, TypeProvider};
use crate::diag::Sink;
use crate::input::Loaded;
use crate::model::plan::{Input, Plan, Store};
use crate::model::{Condition, Scalar, Schema, ValueType};

/// The type of `principal`, which is not a message.
const PRINCIPAL: &str = "rsvc.Principal";
const SUBJECT: &str = "subject";
const SCOPES: &str = "scopes";
const CLAIMS: &str = "claims";

/// Compiles the conditions of all methods. Those that cannot be compiled fail the build.
pub(super) fn resolve(loaded: &Loaded, schema: &mut Schema, sources: Vec<ConditionSource>, sink: &mut Sink) {
    for source in sources {
        match compile(schema, &source) {
            Ok(plan) => {
                schema.methods[source.method].condition = Some(Condition { plan, claims: source.claims });
            }
            Err(error) => {
                let mut found =
                    report::expression(&loaded.sources, &source.place, &source.expression, &error);
                if source.inherited {
                    let method = &schema.methods[source.method].full_name;
                    found = found.note(None, format!("as the condition of `{method}`"));
                }
                let help = match error.stage {
                    Stage::Limit => Some("write a shorter condition".to_owned()),
                    _ => error.help,
                };
                sink.push(match help {
                    Some(help) => found.help(help),
                    None => found,
                });
            }
        }
    }
}

fn compile(schema: &Schema, source: &ConditionSource) -> Result<Plan, CelError> {
    let request = schema.methods[source.method].input;
    let message =
        |id| (Type::of_message(&schema.messages[id].full_name), store_of(schema, &ValueType::Message(id)));
    let (request, stored_request) = message(request);
    let (claims, stored_claims) = match source.claims {
        Some(id) => message(id),
        None => (Type::of_message("google.protobuf.Struct"), Store::Json),
    };
    let text = || Store::Scalar(Scalar::String);
    let vars = [
        Var { name: "request", ty: request },
        Var { name: "principal", ty: Type::Message(PRINCIPAL.to_owned()) },
        Var { name: "metadata", ty: Type::map(Type::String, Type::String) },
    ];
    let bindings = [
        VarBinding::Input(Input::Request, stored_request),
        VarBinding::Record(
            "principal",
            vec![
                (SUBJECT, VarBinding::Input(Input::Subject, text())),
                (SCOPES, VarBinding::Input(Input::Scopes, Store::List(Box::new(text())))),
                (CLAIMS, VarBinding::Input(Input::Claims, stored_claims)),
            ],
        ),
        VarBinding::Input(Input::Metadata, Store::Map(Scalar::String, Box::new(text()))),
    ];
    let expr = crate::cel::parse(&source.expression)?;
    let types = CallTypes { messages: PoolTypes(&schema.pool), claims };
    lower_condition(&check_condition(&expr, &vars, &types)?, &bindings, schema)
}

/// The types of a pool, and that of the caller.
struct CallTypes<'a> {
    messages: PoolTypes<'a>,
    claims: Type,
}

impl TypeProvider for CallTypes<'_> {
    fn field(&self, message: &str, field: &str) -> Option<FieldType> {
        if message != PRINCIPAL {
            return self.messages.field(message, field);
        }
        let (number, ty) = match field {
            SUBJECT => (1, Type::String),
            SCOPES => (2, Type::list(Type::String)),
            CLAIMS => (3, self.claims.clone()),
            _ => return None,
        };
        Some(FieldType { number, ty })
    }

    fn fields(&self, message: &str) -> Option<Vec<String>> {
        if message == PRINCIPAL {
            return Some([SUBJECT, SCOPES, CLAIMS].map(str::to_owned).to_vec());
        }
        self.messages.fields(message)
    }

    fn enum_value(&self, name: &str) -> Option<i32> {
        self.messages.enum_value(name)
    }
}
