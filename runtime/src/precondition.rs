//! [`Precondition`]: what a caller wants to hold before something is changed.

use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};

use crate::bridge::{Code, ErrorDetails, Status, StatusExt as _};
use crate::context::Context;
use crate::etag::{Condition, EntityTag, Malformed, Version};

/// The type of violation that says so in `google.rpc.PreconditionFailure`.
const VIOLATION: &str = "ETAG";

/// What the caller of a change wants to hold before it: `If-Match` and `If-None-Match`, the headers over REST and Connect
/// and the metadata over gRPC (RFC 9110, section 13.1).
///
/// A handler tests it against what is there, in the transaction that changes it:
///
/// ```
/// # use rsvc::{Context, Status};
/// # struct User { version: u64 }
/// # async fn load() -> User { User { version: 7 } }
/// # async fn rename(ctx: Context) -> Result<(), Status> {
/// let user = load().await;
/// ctx.precondition().check(&user.version)?; // 412 over REST if the caller has seen another version
/// # Ok(())
/// # }
/// ```
///
/// The tag of a version is made as for [`Version`], which is how the option `cache.etag` makes the tags of responses. It
/// does not matter in which form (JSON or protobuf, compressed or not) the caller has seen the version.
///
/// What fails is `FAILED_PRECONDITION`, over REST with 412 in place of 400. An error of the handler's own with that
/// code has 412, too, if a check has failed before.
#[derive(Clone, Debug)]
pub struct Precondition {
    ctx: Context,
    if_match: Option<Result<Condition, Malformed>>,
    if_none_match: Option<Result<Condition, Malformed>>,
}

impl Context {
    /// What the caller wants to hold before something is changed.
    pub fn precondition(&self) -> Precondition {
        let headers = self.metadata().as_ref();
        Precondition {
            ctx: self.clone(),
            if_match: Condition::of(headers, &IF_MATCH),
            if_none_match: Condition::of(headers, &IF_NONE_MATCH),
        }
    }
}

impl Precondition {
    /// Whether the caller wants nothing.
    pub fn is_none(&self) -> bool {
        self.if_match.is_none() && self.if_none_match.is_none()
    }

    /// What of `If-Match` there is: one of these versions has to be there.
    ///
    /// # Errors
    ///
    /// It is not a list of entity tags: `INVALID_ARGUMENT`.
    pub fn if_match(&self) -> Result<Option<&Condition>, Status> {
        read(self.if_match.as_ref(), &IF_MATCH)
    }

    /// What of `If-None-Match` there is: none of these versions may be there. `*` says that nothing may be.
    ///
    /// # Errors
    ///
    /// It is not a list of entity tags: `INVALID_ARGUMENT`.
    pub fn if_none_match(&self) -> Result<Option<&Condition>, Status> {
        read(self.if_none_match.as_ref(), &IF_NONE_MATCH)
    }

    /// Tests it against what is there, by its version.
    ///
    /// # Errors
    ///
    /// It does not hold (`FAILED_PRECONDITION`), or a header is not a list of entity tags (`INVALID_ARGUMENT`).
    pub fn check<V: Version + ?Sized>(&self, version: &V) -> Result<(), Status> {
        if self.is_none() {
            return Ok(());
        }
        let tag = EntityTag::of(version);
        if self.if_match()?.is_some_and(|wanted| !wanted.has_version(tag.as_ref())) {
            return Err(self.fail(&IF_MATCH, "it has been changed since, or was never of this version"));
        }
        match self.if_none_match()? {
            Some(Condition::Any) => Err(self.fail(&IF_NONE_MATCH, "it is there already")),
            Some(unwanted) if unwanted.has_version_weakly(tag.as_ref()) => {
                Err(self.fail(&IF_NONE_MATCH, "it is of this version"))
            }
            _ => Ok(()),
        }
    }

    /// Tests it where there is nothing yet, before something is created.
    ///
    /// # Errors
    ///
    /// The caller wants something to be there (`FAILED_PRECONDITION`), or a header is not a list of entity tags
    /// (`INVALID_ARGUMENT`).
    pub fn check_absent(&self) -> Result<(), Status> {
        self.if_none_match()?;
        match self.if_match()? {
            Some(_) => Err(self.fail(&IF_MATCH, "there is nothing")),
            None => Ok(()),
        }
    }

    #[cold]
    fn fail(&self, header: &HeaderName, what: &str) -> Status {
        self.ctx.precondition_failed();
        let details = ErrorDetails::with_precondition_failure_violation(VIOLATION, header.as_str(), what);
        let text = format!("the precondition `{header}` does not hold: {what}");
        Status::with_error_details(Code::FailedPrecondition, text, details)
    }
}

/// Ignoring what cannot be read would change what the caller wanted to protect.
fn read<'a>(
    found: Option<&'a Result<Condition, Malformed>>,
    header: &HeaderName,
) -> Result<Option<&'a Condition>, Status> {
    match found {
        None => Ok(None),
        Some(Ok(condition)) => Ok(Some(condition)),
        Some(Err(Malformed)) => Err(malformed(header)),
    }
}

/// The error of a header that is not a list of entity tags.
#[cold]
pub(crate) fn malformed(header: &HeaderName) -> Status {
    let what = "neither `*` nor a list of entity tags, as `\"7\", \"8\"`";
    let details = ErrorDetails::with_bad_request_violation(header.as_str(), what);
    Status::with_error_details(Code::InvalidArgument, format!("the header `{header}`: {what}"), details)
}

/// Whether a call has failed because a precondition of its caller did not hold: here, or in a service behind this one.
#[cold]
pub(crate) fn is_failed(ctx: &Context, status: &Status) -> bool {
    if status.code() != Code::FailedPrecondition {
        return false;
    }
    let headers = ctx.metadata().as_ref();
    let is_asked = headers.contains_key(IF_MATCH) || headers.contains_key(IF_NONE_MATCH);
    let is_told = || {
        let failure = status.get_details_precondition_failure();
        failure
            .is_some_and(|failure| failure.violations.iter().any(|violation| violation.r#type == VIOLATION))
    };
    is_asked && (ctx.has_failed_precondition() || is_told())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(header: &str, value: &str) -> Context {
        Context::new().with_metadata(header, value).unwrap()
    }

    #[test]
    fn what_holds_and_what_does_not() {
        // The header, its value, and whether it holds for version 7, for one without a tag, and where there is nothing.
        for (header, value, seven, untagged, absent) in [
            ("if-match", "\"7\"", true, false, false),
            ("if-match", "\"7~gzip\"", true, false, false),
            ("if-match", "\"6\", \"7\"", true, false, false),
            ("if-match", "\"6\"", false, false, false),
            ("if-match", "W/\"7\"", false, false, false),
            ("if-match", "*", true, true, false),
            ("if-match", "", false, false, false),
            ("if-none-match", "*", false, false, true),
            ("if-none-match", "\"7\"", false, true, true),
            ("if-none-match", "W/\"7~br\"", false, true, true),
            ("if-none-match", "\"6\"", true, true, true),
            ("if-none-match", "", true, true, true),
            ("x-other", "\"6\"", true, true, true),
        ] {
            let ctx = asking(header, value);
            let precondition = ctx.precondition();
            assert_eq!(precondition.is_none(), header == "x-other");
            let results = [precondition.check(&7u64), precondition.check(""), precondition.check_absent()];
            for (result, holds) in results.into_iter().zip([seven, untagged, absent]) {
                assert_eq!(result.is_ok(), holds, "{header}: {value}");
                if let Err(status) = result {
                    assert!(is_failed(&ctx, &status), "{header}: {value}");
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_ignored() {
        for header in ["if-match", "if-none-match"] {
            for value in ["7", "\"7", "*, \"7\"", "\"6\" \"7\""] {
                let ctx = asking(header, value);
                for result in [ctx.precondition().check(&7u64), ctx.precondition().check_absent()] {
                    let status = result.unwrap_err();
                    assert_eq!(status.code(), Code::InvalidArgument, "{header}: {value}");
                    assert!(status.message().starts_with(&format!("the header `{header}`: neither")));
                    assert!(!is_failed(&ctx, &status));
                }
            }
        }
    }

    #[test]
    fn only_a_precondition_that_failed_counts() {
        let own = Status::failed_precondition("the cart is empty");
        let ctx = asking("if-match", "\"7\"");
        ctx.precondition().check(&7u64).unwrap();
        assert!(!is_failed(&ctx, &own));
        let status = ctx.precondition().check(&8u64).unwrap_err();
        // From now on an error of the handler's own says the same.
        assert!(is_failed(&ctx, &own) && !is_failed(&ctx, &Status::aborted("")));
        // Behind a gateway the status tells.
        assert!(is_failed(&asking("if-match", "\"7\""), &status));
        assert!(!is_failed(&Context::new(), &status));
    }

    #[test]
    fn both_headers_count() {
        let ctx = asking("if-match", "\"7\"").with_metadata("if-none-match", "*").unwrap();
        assert!(ctx.precondition().check(&7u64).unwrap_err().message().contains("if-none-match"));
        assert!(ctx.precondition().check(&8u64).unwrap_err().message().contains("`if-match`"));
        assert!(matches!(ctx.precondition().if_match(), Ok(Some(Condition::Tags(tags))) if tags.len() == 1));
        assert_eq!(ctx.precondition().if_none_match().unwrap(), Some(&Condition::Any));
    }
}
