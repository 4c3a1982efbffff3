//! The parameters of a query.

use super::named::{NamedFields, ParameterSource, pairs};
use super::{QueryRules, wrong};
use crate::call::CallError;
use crate::json::MessageInfo;
use crate::transcode::binding::Binding;

/// Appends the fields that a query names.
pub(crate) fn read(
    info: &'static MessageInfo,
    binding: &Binding,
    query: &str,
    rules: QueryRules,
    out: &mut Vec<u8>,
) -> Result<(), CallError> {
    let mut named =
        NamedFields::new(info, ParameterSource::Query, rules).besides(binding.variables, binding.body)?;
    pairs(query, ParameterSource::Query, rules.max_pairs, |name, value| {
        let put = named.put(name, value, out);
        put.map(drop).map_err(|what| wrong(ParameterSource::Query.kind(), name, &what))
    })
}
