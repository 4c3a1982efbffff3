//! The table of codes: one line each. `docs/diagnostics.md` shows an example of every one.
//!
//! Ranges: 1 input, 200 options and annotations, 300 services, 400 errors, 500 REST,
//! 600 validation, 700 CEL, 900 the tool itself.

use std::fmt;

/// The code of a finding; prints as `RSVC0001`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

impl Code {
    /// The number behind `RSVC`.
    pub fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RSVC{:04}", self.0)
    }
}

macro_rules! codes {
    ($($number:literal $name:ident $text:literal)*) => {
        impl Code {
            $(#[doc = $text] pub const $name: Code = Code($number);)*
        }

        /// Every code with its name and its meaning, in the order of the numbers.
        pub const ALL: &[(Code, &str, &str)] = &[$((Code::$name, stringify!($name), $text)),*];
    };
}

codes! {
    1 SYNTAX "The file is not valid protobuf source."
    2 UNREADABLE_FILE "A file cannot be read, or is not UTF-8."
    3 IMPORT_NOT_FOUND "An import is neither in an include folder nor built in."
    4 IMPORT_CYCLE "Files import each other in a circle."
    5 UNKNOWN_TYPE "A type that is used is not defined in this file or its imports."
    6 DUPLICATE_NAME "Two definitions have the same full name, or two fields the same name or number."
    7 UNKNOWN_OPTION "An option is not defined."
    8 OPTION_TYPE "The value of an option does not fit its type."
    9 UNSUPPORTED "The source uses a feature that cannot be compiled."
    10 BAD_DESCRIPTOR "A descriptor set or plugin request is broken."
    11 FILE_NOT_IN_INCLUDES "A file to compile lies in none of the include folders."
    12 UNKNOWN_EDITION "A file is of an edition that is not known."
    13 INVALID_DEFINITION "A definition breaks a rule of the protobuf language."
    14 FILE_NAMED_TWICE "One file is reached by two names."
    15 LIMIT "Definitions or options nest deeper than they may."
    16 UNUSED_IMPORT "An import is not used."
    200 BAD_ANNOTATION "An annotation contradicts itself or the thing that it stands on."
    201 UNUSED_PATH "A path in the configuration matches nothing."
    202 PLAIN_TYPE "A type of a crate that prost generated cannot have what is asked of it."
    203 OPENAPI_OPTION "`(rsvc.v1.openapi)` stands in two files of a package, or a part of it, or of `openapi` of a service or method, has a value that a document cannot have."
    204 OPENAPI_OVERLAY "The overlay of an OpenAPI document cannot be read, or is not an object in JSON or YAML."
    300 CACHE_METHOD "A `cache` option stands on a method that it cannot be on: one that streams, or may have side effects."
    301 CACHE_VALUE "`cache` says nothing, or has a `max_age` or `vary` that cannot be sent."
    302 CACHE_ETAG "`cache.etag` names no field, or one that cannot be a version."
    303 UNDECLARED_ACCESS "A method does not declare who may call it, and `undeclared_access` asks for it."
    304 UNKNOWN_CLAIMS "`claims` of a service names no message, or one that cannot hold claims."
    305 RETRY_METHOD "A `retry` option stands on a method that may not be called twice, or one that cannot be hedged."
    306 RETRY_VALUE "`retry` says nothing, contradicts itself, or has a value that makes no sense."
    400 ERROR_SET_SHAPE "An error set is not one oneof of messages."
    401 ERROR_OUTSIDE_SET "An error stands outside of an error set."
    402 ERROR_CODE "An error has no code, or the code OK."
    403 ERROR_HTTP_STATUS "The HTTP status of an error contradicts the class of its code."
    404 ERROR_SET_AS_TYPE "An error set is used as a type: of a field, a request, a response or a payload."
    405 ERROR_REASON "A reason is not unique in its domain, or too long."
    406 UNKNOWN_ERROR_SET "A service names an error set that does not exist."
    407 UNKNOWN_ERROR "A method names an error that its service's error set does not have."
    408 ERROR_TEMPLATE "A template names a field that does not exist or cannot be printed, or its braces do not match."
    409 ERROR_DETAIL "A detail of an error cannot be sent: `retry_after`, `help` or `localized`."
    410 ERROR_DOMAIN "An error set has no domain, or it is not a name."
    500 HTTP_RULE "A `google.api.http` rule has no path or no method, or contradicts itself."
    501 HTTP_TEMPLATE "A path template does not follow the grammar."
    502 HTTP_VARIABLE "A variable of a path names no field, a field twice, or one that a path cannot hold."
    503 HTTP_BODY "`body` or `response_body` names no field, or one that cannot be it."
    504 HTTP_CONFLICT "Two REST bindings take the same requests."
    505 HTTP_BODY_UNUSUAL "A body where HTTP expects none: on GET, HEAD or DELETE."
    506 HTTP_FORMS "`forms` asks for what the method cannot take, or names a field that cannot be filled."
    507 HTTP_UNDESCRIBED "An OpenAPI document has no place for a binding."
    600 RULE_TYPE "A validation rule does not fit the type of what it stands on."
    601 RULE_VALUE "The value of a validation rule makes no sense."
    602 UNKNOWN_RULE "A validation rule is not known, and defines no expression."
    603 FOREIGN_RULES "Rules of another system stand in a file, and are not tested."
    604 MASKED_REQUEST "The requests of a method have no mask to validate by, or nothing that it could speak of."
    605 SAMPLE "A sample is not JSON of its type, or breaks a rule."
    700 CEL_SYNTAX "An expression is not valid CEL."
    701 CEL_TYPE "An expression does not type-check."
    702 CEL_UNSUPPORTED "An expression cannot be compiled."
    703 CEL_LIMIT "An expression nests deeper, or is larger, than it may be."
    704 CEL_PORTABILITY "An expression uses what other implementations of protovalidate do not have."
    900 BAD_PARAMETER "A generator option is unknown, has a bad value, or needs a feature that the generator was built without."
    901 OUTPUT "A generated file cannot be written, or would destroy what another run has made."
    902 INTERNAL "The generator made a mistake: please report it."
}
