//! The one table of declarations: every function and operator, with the types that it takes and gives.

use super::types::Type;

/// A type in a declaration: constant, and with the parameters `A` and `B`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ty {
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,
    Duration,
    Dyn,
    Type,
    A,
    B,
    List(&'static Ty),
    Map(&'static Ty, &'static Ty),
}

impl Ty {
    /// The type, once the parameters are known.
    pub fn instance(self, params: &[Option<Type>; 2]) -> Type {
        let param = |i: usize| params[i].clone().unwrap_or(Type::Dyn);
        match self {
            Self::Bool => Type::Bool,
            Self::Int => Type::Int,
            Self::Uint => Type::Uint,
            Self::Double => Type::Double,
            Self::String => Type::String,
            Self::Bytes => Type::Bytes,
            Self::Timestamp => Type::Timestamp,
            Self::Duration => Type::Duration,
            Self::Dyn => Type::Dyn,
            Self::Type => Type::Type,
            Self::A => param(0),
            Self::B => param(1),
            Self::List(t) => Type::list(t.instance(params)),
            Self::Map(k, v) => Type::map(k.instance(params), v.instance(params)),
        }
    }

    /// Whether a value of `ty` fits, binding the parameters on the way.
    pub fn fits(self, ty: &Type, params: &mut [Option<Type>; 2]) -> bool {
        let index = match self {
            Self::A => 0,
            Self::B => 1,
            Self::List(element) => {
                return match ty {
                    Type::List(t) => element.fits(t, params),
                    other => *other == Type::Dyn,
                };
            }
            Self::Map(key, value) => {
                return match ty {
                    Type::Map(k, v) => key.fits(k, params) && value.fits(v, params),
                    other => *other == Type::Dyn,
                };
            }
            simple => return simple.instance(&[None, None]).accepts(ty),
        };
        let joined = match &params[index] {
            None => Some(ty.clone()),
            Some(bound) => bound.join(ty),
        };
        let fits = joined.is_some();
        if fits {
            params[index] = joined;
        }
        fits
    }
}

/// One overload of a function.
#[derive(Debug, PartialEq, Eq)]
pub struct Overload {
    /// Unique, in the manner of the language definition.
    pub id: &'static str,
    pub function: &'static str,
    /// Written `a.f(b)`; the target is the first of `args`.
    pub member: bool,
    pub args: &'static [Ty],
    pub result: Ty,
}

macro_rules! overloads {
    ($($id:literal $function:literal $style:ident ($($arg:expr),*) -> $result:expr;)*) => {
        /// Every overload.
        pub static OVERLOADS: &[Overload] = {
            use Ty::*;
            &[$(Overload {
                id: $id,
                function: $function,
                member: overloads!(@ $style),
                args: &[$($arg),*],
                result: $result,
            }),*]
        };
    };
    (@ f) => { false };
    (@ m) => { true };
}

overloads! {
    "logical_not" "!_" f(Bool) -> Bool;
    "negate_int64" "-_" f(Int) -> Int;
    "negate_double" "-_" f(Double) -> Double;
    "add_int64" "_+_" f(Int, Int) -> Int;
    "add_uint64" "_+_" f(Uint, Uint) -> Uint;
    "add_double" "_+_" f(Double, Double) -> Double;
    "add_string" "_+_" f(String, String) -> String;
    "add_bytes" "_+_" f(Bytes, Bytes) -> Bytes;
    "add_list" "_+_" f(List(&A), List(&A)) -> List(&A);
    "add_timestamp_duration" "_+_" f(Timestamp, Duration) -> Timestamp;
    "add_duration_timestamp" "_+_" f(Duration, Timestamp) -> Timestamp;
    "add_duration_duration" "_+_" f(Duration, Duration) -> Duration;
    "subtract_int64" "_-_" f(Int, Int) -> Int;
    "subtract_uint64" "_-_" f(Uint, Uint) -> Uint;
    "subtract_double" "_-_" f(Double, Double) -> Double;
    "subtract_timestamp_timestamp" "_-_" f(Timestamp, Timestamp) -> Duration;
    "subtract_timestamp_duration" "_-_" f(Timestamp, Duration) -> Timestamp;
    "subtract_duration_duration" "_-_" f(Duration, Duration) -> Duration;
    "multiply_int64" "_*_" f(Int, Int) -> Int;
    "multiply_uint64" "_*_" f(Uint, Uint) -> Uint;
    "multiply_double" "_*_" f(Double, Double) -> Double;
    "divide_int64" "_/_" f(Int, Int) -> Int;
    "divide_uint64" "_/_" f(Uint, Uint) -> Uint;
    "divide_double" "_/_" f(Double, Double) -> Double;
    "modulo_int64" "_%_" f(Int, Int) -> Int;
    "modulo_uint64" "_%_" f(Uint, Uint) -> Uint;
    "equals" "_==_" f(A, A) -> Bool;
    "not_equals" "_!=_" f(A, A) -> Bool;
    "in_list" "_in_" f(A, List(&A)) -> Bool;
    "in_map" "_in_" f(A, Map(&A, &B)) -> Bool;
    "index_list" "_[_]" f(List(&A), Int) -> A;
    "index_map" "_[_]" f(Map(&A, &B), A) -> B;

    "size_string" "size" f(String) -> Int;
    "size_bytes" "size" f(Bytes) -> Int;
    "size_list" "size" f(List(&A)) -> Int;
    "size_map" "size" f(Map(&A, &B)) -> Int;
    "string_size" "size" m(String) -> Int;
    "bytes_size" "size" m(Bytes) -> Int;
    "list_size" "size" m(List(&A)) -> Int;
    "map_size" "size" m(Map(&A, &B)) -> Int;

    "contains_string" "contains" m(String, String) -> Bool;
    "starts_with_string" "startsWith" m(String, String) -> Bool;
    "ends_with_string" "endsWith" m(String, String) -> Bool;
    "matches_string" "matches" m(String, String) -> Bool;
    "matches" "matches" f(String, String) -> Bool;

    "int64_to_int64" "int" f(Int) -> Int;
    "uint64_to_int64" "int" f(Uint) -> Int;
    "double_to_int64" "int" f(Double) -> Int;
    "string_to_int64" "int" f(String) -> Int;
    "timestamp_to_int64" "int" f(Timestamp) -> Int;
    "duration_to_int64" "int" f(Duration) -> Int;
    "uint64_to_uint64" "uint" f(Uint) -> Uint;
    "int64_to_uint64" "uint" f(Int) -> Uint;
    "double_to_uint64" "uint" f(Double) -> Uint;
    "string_to_uint64" "uint" f(String) -> Uint;
    "double_to_double" "double" f(Double) -> Double;
    "int64_to_double" "double" f(Int) -> Double;
    "uint64_to_double" "double" f(Uint) -> Double;
    "string_to_double" "double" f(String) -> Double;
    "string_to_string" "string" f(String) -> String;
    "bool_to_string" "string" f(Bool) -> String;
    "int64_to_string" "string" f(Int) -> String;
    "uint64_to_string" "string" f(Uint) -> String;
    "double_to_string" "string" f(Double) -> String;
    "bytes_to_string" "string" f(Bytes) -> String;
    "timestamp_to_string" "string" f(Timestamp) -> String;
    "duration_to_string" "string" f(Duration) -> String;
    "bytes_to_bytes" "bytes" f(Bytes) -> Bytes;
    "string_to_bytes" "bytes" f(String) -> Bytes;
    "bool_to_bool" "bool" f(Bool) -> Bool;
    "string_to_bool" "bool" f(String) -> Bool;
    "timestamp_to_timestamp" "timestamp" f(Timestamp) -> Timestamp;
    "string_to_timestamp" "timestamp" f(String) -> Timestamp;
    "int64_to_timestamp" "timestamp" f(Int) -> Timestamp;
    "duration_to_duration" "duration" f(Duration) -> Duration;
    "string_to_duration" "duration" f(String) -> Duration;
    "int64_to_duration" "duration" f(Int) -> Duration;
    "to_dyn" "dyn" f(A) -> Dyn;
    "type" "type" f(A) -> Type;

    "timestamp_to_year" "getFullYear" m(Timestamp) -> Int;
    "timestamp_to_year_with_tz" "getFullYear" m(Timestamp, String) -> Int;
    "timestamp_to_month" "getMonth" m(Timestamp) -> Int;
    "timestamp_to_month_with_tz" "getMonth" m(Timestamp, String) -> Int;
    "timestamp_to_day_of_year" "getDayOfYear" m(Timestamp) -> Int;
    "timestamp_to_day_of_year_with_tz" "getDayOfYear" m(Timestamp, String) -> Int;
    "timestamp_to_day_of_month" "getDayOfMonth" m(Timestamp) -> Int;
    "timestamp_to_day_of_month_with_tz" "getDayOfMonth" m(Timestamp, String) -> Int;
    "timestamp_to_day_of_month_1_based" "getDate" m(Timestamp) -> Int;
    "timestamp_to_day_of_month_1_based_with_tz" "getDate" m(Timestamp, String) -> Int;
    "timestamp_to_day_of_week" "getDayOfWeek" m(Timestamp) -> Int;
    "timestamp_to_day_of_week_with_tz" "getDayOfWeek" m(Timestamp, String) -> Int;
    "timestamp_to_hours" "getHours" m(Timestamp) -> Int;
    "timestamp_to_hours_with_tz" "getHours" m(Timestamp, String) -> Int;
    "timestamp_to_minutes" "getMinutes" m(Timestamp) -> Int;
    "timestamp_to_minutes_with_tz" "getMinutes" m(Timestamp, String) -> Int;
    "timestamp_to_seconds" "getSeconds" m(Timestamp) -> Int;
    "timestamp_to_seconds_with_tz" "getSeconds" m(Timestamp, String) -> Int;
    "timestamp_to_milliseconds" "getMilliseconds" m(Timestamp) -> Int;
    "timestamp_to_milliseconds_with_tz" "getMilliseconds" m(Timestamp, String) -> Int;
    "duration_to_hours" "getHours" m(Duration) -> Int;
    "duration_to_minutes" "getMinutes" m(Duration) -> Int;
    "duration_to_seconds" "getSeconds" m(Duration) -> Int;
    "duration_to_milliseconds" "getMilliseconds" m(Duration) -> Int;

    "starts_with_bytes" "startsWith" m(Bytes, Bytes) -> Bool;
    "ends_with_bytes" "endsWith" m(Bytes, Bytes) -> Bool;
    "contains_bytes" "contains" m(Bytes, Bytes) -> Bool;
    "get_field" "getField" f(Dyn, String) -> Dyn;
    "unique_list" "unique" m(List(&A)) -> Bool;
    "is_nan" "isNan" m(Double) -> Bool;
    "is_inf" "isInf" m(Double) -> Bool;
    "is_inf_sign" "isInf" m(Double, Int) -> Bool;
    "is_email" "isEmail" m(String) -> Bool;
    "is_hostname" "isHostname" m(String) -> Bool;
    "is_host_and_port" "isHostAndPort" m(String, Bool) -> Bool;
    "is_ip" "isIp" m(String) -> Bool;
    "is_ip_version" "isIp" m(String, Int) -> Bool;
    "is_ip_prefix" "isIpPrefix" m(String) -> Bool;
    "is_ip_prefix_version" "isIpPrefix" m(String, Int) -> Bool;
    "is_ip_prefix_strict" "isIpPrefix" m(String, Bool) -> Bool;
    "is_ip_prefix_version_strict" "isIpPrefix" m(String, Int, Bool) -> Bool;
    "is_uri" "isUri" m(String) -> Bool;
    "is_uri_ref" "isUriRef" m(String) -> Bool;

    "string_char_at_int" "charAt" m(String, Int) -> String;
    "string_format" "format" m(String, List(&Dyn)) -> String;
    "string_index_of_string" "indexOf" m(String, String) -> Int;
    "string_index_of_string_int" "indexOf" m(String, String, Int) -> Int;
    "string_last_index_of_string" "lastIndexOf" m(String, String) -> Int;
    "string_last_index_of_string_int" "lastIndexOf" m(String, String, Int) -> Int;
    "list_join" "join" m(List(&String)) -> String;
    "list_join_string" "join" m(List(&String), String) -> String;
    "string_lower_ascii" "lowerAscii" m(String) -> String;
    "string_upper_ascii" "upperAscii" m(String) -> String;
    "string_replace_string_string" "replace" m(String, String, String) -> String;
    "string_replace_string_string_int" "replace" m(String, String, String, Int) -> String;
    "string_split_string" "split" m(String, String) -> List(&String);
    "string_split_string_int" "split" m(String, String, Int) -> List(&String);
    "string_substring_int" "substring" m(String, Int) -> String;
    "string_substring_int_int" "substring" m(String, Int, Int) -> String;
    "string_trim" "trim" m(String) -> String;
    "string_reverse" "reverse" m(String) -> String;
    "strings_quote" "strings.quote" f(String) -> String;

    "math_ceil" "math.ceil" f(Double) -> Double;
    "math_floor" "math.floor" f(Double) -> Double;
    "math_round" "math.round" f(Double) -> Double;
    "math_trunc" "math.trunc" f(Double) -> Double;
    "math_sqrt_double" "math.sqrt" f(Double) -> Double;
    "math_sqrt_int" "math.sqrt" f(Int) -> Double;
    "math_sqrt_uint" "math.sqrt" f(Uint) -> Double;
    "math_abs_double" "math.abs" f(Double) -> Double;
    "math_abs_int" "math.abs" f(Int) -> Int;
    "math_abs_uint" "math.abs" f(Uint) -> Uint;
    "math_sign_double" "math.sign" f(Double) -> Double;
    "math_sign_int" "math.sign" f(Int) -> Int;
    "math_sign_uint" "math.sign" f(Uint) -> Uint;
    "math_is_nan" "math.isNaN" f(Double) -> Bool;
    "math_is_inf" "math.isInf" f(Double) -> Bool;
    "math_is_finite" "math.isFinite" f(Double) -> Bool;
    "math_bit_and_int" "math.bitAnd" f(Int, Int) -> Int;
    "math_bit_and_uint" "math.bitAnd" f(Uint, Uint) -> Uint;
    "math_bit_or_int" "math.bitOr" f(Int, Int) -> Int;
    "math_bit_or_uint" "math.bitOr" f(Uint, Uint) -> Uint;
    "math_bit_xor_int" "math.bitXor" f(Int, Int) -> Int;
    "math_bit_xor_uint" "math.bitXor" f(Uint, Uint) -> Uint;
    "math_bit_not_int" "math.bitNot" f(Int) -> Int;
    "math_bit_not_uint" "math.bitNot" f(Uint) -> Uint;
    "math_bit_shift_left_int" "math.bitShiftLeft" f(Int, Int) -> Int;
    "math_bit_shift_left_uint" "math.bitShiftLeft" f(Uint, Int) -> Uint;
    "math_bit_shift_right_int" "math.bitShiftRight" f(Int, Int) -> Int;
    "math_bit_shift_right_uint" "math.bitShiftRight" f(Uint, Int) -> Uint;
}

/// Types between which `<` and its kin compare, the same on both sides.
const ORDERED: [Type; 8] = [
    Type::Bool,
    Type::Int,
    Type::Uint,
    Type::Double,
    Type::String,
    Type::Bytes,
    Type::Timestamp,
    Type::Duration,
];

/// Numbers also compare across their types.
const NUMBERS: [Type; 3] = [Type::Int, Type::Uint, Type::Double];

/// Whether `<`, `<=`, `>` and `>=` are defined on two types.
///
/// Forty overloads that differ in nothing else, kept as the rule that they follow.
pub fn ordered(a: &Type, b: &Type) -> bool {
    let both = |set: &[Type]| set.iter().any(|t| t.accepts(a)) && set.iter().any(|t| t.accepts(b));
    both(&NUMBERS) || ORDERED.iter().any(|t| t.accepts(a) && t.accepts(b))
}

/// The overloads of a function in its style.
pub fn overloads(function: &str, member: bool) -> impl Iterator<Item = &'static Overload> {
    OVERLOADS.iter().filter(move |o| o.function == function && o.member == member)
}

/// The type that a name like `int` or `string` stands for.
pub fn type_name(name: &str) -> Option<&'static str> {
    const NAMES: [&str; 13] = [
        "bool",
        "int",
        "uint",
        "double",
        "string",
        "bytes",
        "list",
        "map",
        "null_type",
        "type",
        "google.protobuf.Timestamp",
        "google.protobuf.Duration",
        "google.protobuf.Any",
    ];
    NAMES.into_iter().find(|n| *n == name)
}
